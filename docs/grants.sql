-- SPDX-License-Identifier: Apache-2.0
-- What a user of matome needs in a tenant's schema. To be run by the owner of the tables:
--
--   psql -d postgres -v schema=org1234567 -v role=matome -f docs/grants.sql

-- Reading, and replacing days.
GRANT USAGE ON SCHEMA :"schema" TO :"role";
GRANT SELECT, INSERT, DELETE ON :"schema".reporting_ocpusagelineitem_daily_summary TO :"role";
GRANT SELECT ON
  :"schema".reporting_enabledtagkeys,
  :"schema".reporting_ocp_cost_category_namespace,
  :"schema".reporting_ocp_nodes,
  :"schema".reporting_ocp_clusters,
  :"schema".reporting_ocpusagereportperiod,
  :"schema".reporting_tenant_api_provider
  TO :"role";

-- The ledger. Leave it out, and run with --no-ledger, where no schema may be added.
CREATE SCHEMA IF NOT EXISTS matome AUTHORIZATION :"role";

-- For --create-report-period.
GRANT INSERT ON :"schema".reporting_ocpusagereportperiod TO :"role";

-- For --fill-reference-tables.
GRANT INSERT, UPDATE ON :"schema".reporting_ocp_clusters, :"schema".reporting_ocp_nodes TO :"role";
GRANT SELECT, INSERT, UPDATE ON :"schema".reporting_ocp_pvcs TO :"role";
GRANT SELECT, INSERT ON :"schema".reporting_ocp_projects TO :"role";

-- --create-partitions can only be used by the owner of the table: let Koku's own user run it.
