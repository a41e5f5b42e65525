// SPDX-License-Identifier: Apache-2.0
#include "pg/libpq.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include <libpq-fe.h>

namespace matome::pg {
namespace {

constexpr const char* kLibrary = "libpq.so.5";

struct Library {
  void* handle = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  std::string error = handle == nullptr ? dlerror() : "";
};

const Library& TheLibrary() {
  static const Library library;  // Never closed: it may have threads and exit handlers.
  return library;
}

void* Symbol(const char* name) {
  const Library& library = TheLibrary();
  void* symbol = library.handle == nullptr ? nullptr : dlsym(library.handle, name);
  if (symbol == nullptr) {
    std::fprintf(stderr, "%s: no %s\n", kLibrary, name);
    std::abort();
  }
  return symbol;
}

}  // namespace

base::Status LoadLibpq() {
  if (const Library& library = TheLibrary(); library.handle == nullptr) {
    return base::Failed("PostgreSQL's client library cannot be loaded: " + library.error +
                        "; install it (Debian: libpq5)");
  }
  return {};
}

}  // namespace matome::pg

// What of the library is used, by its own names: each goes on to the library itself.
#define MATOME_FORWARD(result, name, parameters, arguments)                                  \
  extern "C" result name parameters {                                                        \
    static const auto target = reinterpret_cast<decltype(&name)>(matome::pg::Symbol(#name)); \
    return target arguments;                                                                 \
  }

// NOLINTBEGIN(readability-identifier-naming): the library's names.
MATOME_FORWARD(int, PQbackendPID, (const PGconn* conn), (conn))
MATOME_FORWARD(int, PQcancel, (PGcancel * cancel, char* errbuf, int errbufsize),
               (cancel, errbuf, errbufsize))
MATOME_FORWARD(void, PQclear, (PGresult * res), (res))
MATOME_FORWARD(char*, PQcmdTuples, (PGresult * res), (res))
MATOME_FORWARD(PQconninfoOption*, PQconndefaults, (), ())
MATOME_FORWARD(PostgresPollingStatusType, PQconnectPoll, (PGconn * conn), (conn))
MATOME_FORWARD(PGconn*, PQconnectStartParams,
               (const char* const* keywords, const char* const* values, int expand_dbname),
               (keywords, values, expand_dbname))
MATOME_FORWARD(PGconn*, PQconnectdbParams,
               (const char* const* keywords, const char* const* values, int expand_dbname),
               (keywords, values, expand_dbname))
MATOME_FORWARD(int, PQconnectionNeedsPassword, (const PGconn* conn), (conn))
MATOME_FORWARD(void, PQconninfoFree, (PQconninfoOption * connOptions), (connOptions))
MATOME_FORWARD(PQconninfoOption*, PQconninfoParse, (const char* conninfo, char** errmsg),
               (conninfo, errmsg))
MATOME_FORWARD(int, PQconsumeInput, (PGconn * conn), (conn))
MATOME_FORWARD(char*, PQdb, (const PGconn* conn), (conn))
MATOME_FORWARD(int, PQenterPipelineMode, (PGconn * conn), (conn))
MATOME_FORWARD(char*, PQerrorMessage, (const PGconn* conn), (conn))
MATOME_FORWARD(char*, PQescapeIdentifier, (PGconn * conn, const char* str, size_t len),
               (conn, str, len))
MATOME_FORWARD(char*, PQescapeLiteral, (PGconn * conn, const char* str, size_t len),
               (conn, str, len))
MATOME_FORWARD(int, PQexitPipelineMode, (PGconn * conn), (conn))
MATOME_FORWARD(void, PQfinish, (PGconn * conn), (conn))
MATOME_FORWARD(int, PQflush, (PGconn * conn), (conn))
MATOME_FORWARD(void, PQfreeCancel, (PGcancel * cancel), (cancel))
MATOME_FORWARD(void, PQfreemem, (void* ptr), (ptr))
MATOME_FORWARD(PGcancel*, PQgetCancel, (PGconn * conn), (conn))
MATOME_FORWARD(PGresult*, PQgetResult, (PGconn * conn), (conn))
MATOME_FORWARD(int, PQgetisnull, (const PGresult* res, int tup_num, int field_num),
               (res, tup_num, field_num))
MATOME_FORWARD(int, PQgetlength, (const PGresult* res, int tup_num, int field_num),
               (res, tup_num, field_num))
MATOME_FORWARD(char*, PQgetvalue, (const PGresult* res, int tup_num, int field_num),
               (res, tup_num, field_num))
MATOME_FORWARD(char*, PQhost, (const PGconn* conn), (conn))
MATOME_FORWARD(int, PQisBusy, (PGconn * conn), (conn))
MATOME_FORWARD(int, PQlibVersion, (), ())
MATOME_FORWARD(int, PQnfields, (const PGresult* res), (res))
MATOME_FORWARD(int, PQntuples, (const PGresult* res), (res))
MATOME_FORWARD(char*, PQpass, (const PGconn* conn), (conn))
MATOME_FORWARD(int, PQpipelineSync, (PGconn * conn), (conn))
MATOME_FORWARD(char*, PQport, (const PGconn* conn), (conn))
MATOME_FORWARD(int, PQputCopyData, (PGconn * conn, const char* buffer, int nbytes),
               (conn, buffer, nbytes))
MATOME_FORWARD(int, PQputCopyEnd, (PGconn * conn, const char* errormsg), (conn, errormsg))
MATOME_FORWARD(char*, PQresultErrorField, (const PGresult* res, int fieldcode), (res, fieldcode))
MATOME_FORWARD(ExecStatusType, PQresultStatus, (const PGresult* res), (res))
MATOME_FORWARD(int, PQsendQuery, (PGconn * conn, const char* query), (conn, query))
MATOME_FORWARD(int, PQsendQueryParams,
               (PGconn * conn, const char* command, int nParams, const Oid* paramTypes,
                const char* const* paramValues, const int* paramLengths, const int* paramFormats,
                int resultFormat),
               (conn, command, nParams, paramTypes, paramValues, paramLengths, paramFormats,
                resultFormat))
MATOME_FORWARD(int, PQserverVersion, (const PGconn* conn), (conn))
MATOME_FORWARD(PGVerbosity, PQsetErrorVerbosity, (PGconn * conn, PGVerbosity verbosity),
               (conn, verbosity))
MATOME_FORWARD(PQnoticeProcessor, PQsetNoticeProcessor,
               (PGconn * conn, PQnoticeProcessor proc, void* arg), (conn, proc, arg))
MATOME_FORWARD(int, PQsetnonblocking, (PGconn * conn, int arg), (conn, arg))
MATOME_FORWARD(int, PQsocket, (const PGconn* conn), (conn))
MATOME_FORWARD(const char*, PQsslAttribute, (PGconn * conn, const char* attribute_name),
               (conn, attribute_name))
MATOME_FORWARD(int, PQsslInUse, (PGconn * conn), (conn))
MATOME_FORWARD(ConnStatusType, PQstatus, (const PGconn* conn), (conn))
MATOME_FORWARD(PGTransactionStatusType, PQtransactionStatus, (const PGconn* conn), (conn))
MATOME_FORWARD(char*, PQuser, (const PGconn* conn), (conn))
// NOLINTEND(readability-identifier-naming)

#undef MATOME_FORWARD

namespace matome::pg {

std::string LibpqVersion() {
  if (!LoadLibpq().ok()) return {};
  constexpr int kMajor = 10000;
  return std::to_string(PQlibVersion() / kMajor) + "." + std::to_string(PQlibVersion() % kMajor);
}

}  // namespace matome::pg
