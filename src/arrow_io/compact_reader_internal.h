// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include <parquet/exception.h>

namespace matome::arrow_io {

/// Reads Thrift's compact protocol, in which Parquet keeps its footers and page headers, field by
/// field and without objects: what nobody asks for is passed over. Never reads beyond `end`. Errors
/// are parquet::ParquetException.
class CompactReader {
 public:
  enum class Type : uint8_t {
    kStop = 0,
    kTrue = 1,
    kFalse = 2,
    kByte = 3,
    kInt16 = 4,
    kInt32 = 5,
    kInt64 = 6,
    kDouble = 7,
    kBinary = 8,
    kList = 9,
    kSet = 10,
    kMap = 11,
    kStruct = 12,
    kUuid = 13,
  };

  CompactReader(const uint8_t* begin, const uint8_t* end) : at_(begin), end_(end) {}

  const uint8_t* position() const { return at_; }

  /// Calls on_field(id, type) for each field of a struct. It must read or Skip() the value.
  template <typename Fn>
  void ReadStruct(Fn on_field) {
    int64_t id = 0;
    while (true) {
      const uint8_t head = Byte();
      const auto type = static_cast<Type>(head & 0x0F);
      if (type == Type::kStop) return;
      id = head >> 4 != 0 ? id + (head >> 4) : ReadInteger();
      on_field(id, type);
    }
  }

  /// Calls on_element() for each element of a list of `wanted` elements; it must read it.
  template <typename Fn>
  void ReadList(Type type, Type wanted, Fn on_element) {
    Expect(type, Type::kList);
    const auto [size, element] = ListHead();
    if (size > 0) Expect(element, wanted);
    for (uint64_t at = 0; at < size; ++at) on_element();
  }

  int64_t ReadInteger(Type type) {
    if (type == Type::kByte) return static_cast<int8_t>(Byte());
    if (type < Type::kInt16 || type > Type::kInt64) Damaged();
    return ReadInteger();
  }
  int32_t ReadInt32(Type type) {
    const int64_t value = ReadInteger(type);
    if (value != static_cast<int32_t>(value)) Damaged();
    return static_cast<int32_t>(value);
  }
  bool ReadBool(Type type) {
    if (type != Type::kTrue && type != Type::kFalse) Damaged();
    return type == Type::kTrue;
  }
  std::string_view ReadBinary(Type type) {
    Expect(type, Type::kBinary);
    const uint64_t size = Varint();
    const auto* begin = at_;
    Advance(size);
    return {reinterpret_cast<const char*>(begin), size};
  }

  void Skip(Type type) { Skip(type, 0); }

  static void Expect(Type type, Type wanted) {
    if (type != wanted) Damaged();
  }

 private:
  struct Head {
    uint64_t size;
    Type element;
  };

  [[noreturn]] static void Damaged() {
    throw parquet::ParquetException("damaged metadata of the Parquet file");
  }

  uint8_t Byte() {
    if (at_ == end_) Damaged();
    return *at_++;
  }
  void Advance(uint64_t bytes) {
    if (bytes > static_cast<uint64_t>(end_ - at_)) Damaged();
    at_ += bytes;
  }
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = Byte();
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    Damaged();
  }
  int64_t ReadInteger() {
    const uint64_t zigzag = Varint();
    return static_cast<int64_t>(zigzag >> 1) ^ -static_cast<int64_t>(zigzag & 1);
  }
  Head ListHead() {
    const uint8_t head = Byte();
    const uint64_t size = head >> 4 == 0x0F ? Varint() : head >> 4;
    // Each element takes a byte at least, so a damaged count ends here and not in a long loop.
    if (size > static_cast<uint64_t>(end_ - at_)) Damaged();
    return {size, static_cast<Type>(head & 0x0F)};
  }

  void Skip(Type type, int depth) {
    constexpr int kDeepest = 32;
    if (depth > kDeepest) Damaged();
    switch (type) {
      case Type::kTrue:
      case Type::kFalse:
        return;
      case Type::kByte:
        return Advance(1);
      case Type::kInt16:
      case Type::kInt32:
      case Type::kInt64:
        Varint();
        return;
      case Type::kDouble:
        return Advance(8);
      case Type::kBinary:
        return Advance(Varint());
      case Type::kUuid:
        return Advance(16);
      case Type::kList:
      case Type::kSet: {
        const auto [size, element] = ListHead();
        for (uint64_t at = 0; at < size; ++at) SkipElement(element, depth + 1);
        return;
      }
      case Type::kMap: {
        const uint64_t size = Varint();
        if (size == 0) return;
        if (size > static_cast<uint64_t>(end_ - at_)) Damaged();
        const uint8_t types = Byte();
        for (uint64_t at = 0; at < size; ++at) {
          SkipElement(static_cast<Type>(types >> 4), depth + 1);
          SkipElement(static_cast<Type>(types & 0x0F), depth + 1);
        }
        return;
      }
      case Type::kStruct:
        return ReadStruct([&](int64_t, Type field) { Skip(field, depth + 1); });
      default:
        Damaged();
    }
  }
  /// Within lists and maps a truth value is a byte; as a field it lies in the field's head.
  void SkipElement(Type type, int depth) {
    if (type == Type::kTrue || type == Type::kFalse) return Advance(1);
    Skip(type, depth);
  }

  const uint8_t* at_;
  const uint8_t* end_;
};

}  // namespace matome::arrow_io
