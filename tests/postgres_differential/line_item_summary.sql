-- SPDX-License-Identifier: Apache-2.0
--
-- The summary of a day as a PostgreSQL script makes it out of tables of line items: a reading of
-- docs/design/semantics.md §5 with the column `koku-postgresql` of §6 that shares nothing with the
-- program. Numbers below are rows of §6.
--
-- Maxima of text go by the database's collation (14). The test's databases have C.UTF-8, which
-- orders texts by their bytes, so that both readings of that row say the same.

CREATE SCHEMA line_items;
SET search_path TO line_items, org1234567;

-- What the reports hold. The day stands beside the time it comes from (16).

CREATE TABLE pod_hours (
  interval_start timestamp,
  usage_start date GENERATED ALWAYS AS (interval_start::date) STORED,
  node text,
  node_capacity_cpu_core_seconds float8,
  node_capacity_memory_byte_seconds float8
);

CREATE TABLE pods (
  interval_start timestamp,
  usage_start date GENERATED ALWAYS AS (interval_start::date) STORED,
  namespace text,
  node text,
  pod text,
  pod_labels text,
  resource_id text,
  pod_usage_cpu_core_seconds float8,
  pod_request_cpu_core_seconds float8,
  pod_effective_usage_cpu_core_seconds float8,
  pod_limit_cpu_core_seconds float8,
  pod_usage_memory_byte_seconds float8,
  pod_request_memory_byte_seconds float8,
  pod_effective_usage_memory_byte_seconds float8,
  pod_limit_memory_byte_seconds float8,
  node_capacity_cpu_cores float8,
  node_capacity_memory_bytes float8
);

CREATE TABLE volumes (
  interval_start timestamp,
  usage_start date GENERATED ALWAYS AS (interval_start::date) STORED,
  namespace text,
  pod text,
  persistentvolumeclaim text,
  persistentvolume text,
  storageclass text,
  csi_volume_handle text,
  persistentvolume_labels text,
  persistentvolumeclaim_labels text,
  persistentvolumeclaim_capacity_bytes float8,
  persistentvolumeclaim_capacity_byte_seconds float8,
  volume_request_storage_byte_seconds float8,
  persistentvolumeclaim_usage_byte_seconds float8
);

CREATE TABLE node_labels (
  interval_start timestamp,
  usage_start date GENERATED ALWAYS AS (interval_start::date) STORED,
  node text,
  labels text
);

CREATE TABLE namespace_labels (
  interval_start timestamp,
  usage_start date GENERATED ALWAYS AS (interval_start::date) STORED,
  namespace text,
  labels text
);

-- The rows of a day in doubles, from which the unallocated ones are made (17).

CREATE TABLE staging (
  usage_start date,
  data_source text,
  namespace text,
  node text,
  resource_id text,
  pod_labels jsonb,
  pod_usage_cpu_core_hours float8,
  pod_request_cpu_core_hours float8,
  pod_effective_usage_cpu_core_hours float8,
  pod_limit_cpu_core_hours float8,
  pod_usage_memory_gigabyte_hours float8,
  pod_request_memory_gigabyte_hours float8,
  pod_effective_usage_memory_gigabyte_hours float8,
  pod_limit_memory_gigabyte_hours float8,
  node_capacity_cpu_cores float8,
  node_capacity_cpu_core_hours float8,
  node_capacity_memory_gigabytes float8,
  node_capacity_memory_gigabyte_hours float8,
  cluster_capacity_cpu_core_hours float8,
  cluster_capacity_memory_gigabyte_hours float8,
  persistentvolumeclaim text,
  persistentvolume text,
  storageclass text,
  csi_volume_handle text,
  volume_labels jsonb,
  persistentvolumeclaim_capacity_gigabyte float8,
  persistentvolumeclaim_capacity_gigabyte_months float8,
  volume_request_storage_gigabyte_months float8,
  persistentvolumeclaim_usage_gigabyte_months float8,
  infrastructure_usage_cost jsonb,
  cost_category_id integer
);

-- The summary table with its types, which refuse what does not fit them (15, 19), and the handle.

CREATE TABLE summary (LIKE reporting_ocpusagelineitem_daily_summary, csi_volume_handle text);

-- Labels: text without labels is the empty object (2), anything but an object an error (5, 8), a
-- value its JSON text (6, 7). An array to which no key was added is NULL, and still takes one (1).

CREATE FUNCTION kept_labels(labels text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_object_agg(label.key, label.value), '{}')
  FROM jsonb_each_text(coalesce(nullif(trim(labels), ''), '{}')::jsonb) AS label
  WHERE label.key = ANY (
    (SELECT array_agg(enabled_key.key::text)
     FROM reporting_enabledtagkeys AS enabled_key
     WHERE enabled_key.enabled AND enabled_key.provider_type = 'OCP')
    || 'vm_kubevirt_io_name'::text)
$$;

CREATE FUNCTION node_label_sets(day date) RETURNS TABLE (node text, labels jsonb)
LANGUAGE sql STABLE AS $$
  SELECT DISTINCT item.node, kept_labels(item.labels)
  FROM node_labels AS item
  WHERE item.usage_start = day
$$;

CREATE FUNCTION namespace_label_sets(day date) RETURNS TABLE (namespace text, labels jsonb)
LANGUAGE sql STABLE AS $$
  SELECT DISTINCT item.namespace, kept_labels(item.labels)
  FROM namespace_labels AS item
  WHERE item.usage_start = day
$$;

CREATE FUNCTION node_capacity(day date)
RETURNS TABLE (node text, cpu_core_seconds float8, memory_byte_seconds float8)
LANGUAGE sql STABLE AS $$
  SELECT hour.node, sum(hour.cpu_core_seconds), sum(hour.memory_byte_seconds)
  FROM (
    SELECT item.node, max(item.node_capacity_cpu_core_seconds) AS cpu_core_seconds,
           max(item.node_capacity_memory_byte_seconds) AS memory_byte_seconds
    FROM pod_hours AS item
    WHERE item.usage_start = day
    GROUP BY item.node, item.interval_start) AS hour
  GROUP BY hour.node
$$;

CREATE FUNCTION volume_nodes(day date)
RETURNS TABLE (persistentvolumeclaim text, persistentvolume text, pod text, namespace text,
               node text, resource_id text)
LANGUAGE sql STABLE AS $$
  SELECT DISTINCT volume.persistentvolumeclaim, volume.persistentvolume, volume.pod,
                  volume.namespace, pod.node, pod.resource_id
  FROM volumes AS volume
  JOIN pods AS pod
    ON pod.usage_start = volume.usage_start AND pod.namespace = volume.namespace
       AND pod.pod = volume.pod
  WHERE volume.usage_start = day
$$;

CREATE PROCEDURE add_pod_rows(day date) LANGUAGE sql AS $$
  INSERT INTO staging (
    usage_start, data_source, namespace, node, resource_id, pod_labels,
    pod_usage_cpu_core_hours, pod_request_cpu_core_hours,
    pod_effective_usage_cpu_core_hours, pod_limit_cpu_core_hours,
    pod_usage_memory_gigabyte_hours, pod_request_memory_gigabyte_hours,
    pod_effective_usage_memory_gigabyte_hours, pod_limit_memory_gigabyte_hours,
    node_capacity_cpu_cores, node_capacity_cpu_core_hours,
    node_capacity_memory_gigabytes, node_capacity_memory_gigabyte_hours,
    cluster_capacity_cpu_core_hours, cluster_capacity_memory_gigabyte_hours,
    infrastructure_usage_cost, cost_category_id)
  SELECT
    day, 'Pod', pod.namespace, pod.node, max(pod.resource_id), merged.labels,
    sum(pod.pod_usage_cpu_core_seconds) / 3600,
    sum(pod.pod_request_cpu_core_seconds) / 3600,
    -- greatest() leaves out a NULL (9).
    sum(coalesce(pod.pod_effective_usage_cpu_core_seconds,
                 greatest(pod.pod_usage_cpu_core_seconds,
                          pod.pod_request_cpu_core_seconds))) / 3600,
    sum(pod.pod_limit_cpu_core_seconds) / 3600,
    sum(pod.pod_usage_memory_byte_seconds) / 3600 * power(2, -30),
    sum(pod.pod_request_memory_byte_seconds) / 3600 * power(2, -30),
    sum(coalesce(pod.pod_effective_usage_memory_byte_seconds,
                 greatest(pod.pod_usage_memory_byte_seconds,
                          pod.pod_request_memory_byte_seconds))) / 3600 * power(2, -30),
    sum(pod.pod_limit_memory_byte_seconds) / 3600 * power(2, -30),
    max(pod.node_capacity_cpu_cores),
    -- No capacity is a capacity of zero (10).
    coalesce(max(node_capacity.cpu_core_seconds), 0) / 3600,
    max(pod.node_capacity_memory_bytes) * power(2, -30),
    coalesce(max(node_capacity.memory_byte_seconds), 0) / 3600 * power(2, -30),
    coalesce(max(cluster_capacity.cpu_core_seconds), 0) / 3600,
    coalesce(max(cluster_capacity.memory_byte_seconds), 0) / 3600 * power(2, -30),
    '{"cpu": 0.000000000, "memory": 0.000000000, "storage": 0.000000000}',
    max(category.cost_category_id)
  FROM pods AS pod
  LEFT JOIN node_label_sets(day) AS of_node ON of_node.node = pod.node
  LEFT JOIN namespace_label_sets(day) AS of_namespace ON of_namespace.namespace = pod.namespace
  LEFT JOIN node_capacity(day) AS node_capacity ON node_capacity.node = pod.node
  CROSS JOIN (
    SELECT sum(cpu_core_seconds) AS cpu_core_seconds,
           sum(memory_byte_seconds) AS memory_byte_seconds
    FROM node_capacity(day)) AS cluster_capacity
  -- The backslash escapes (13).
  LEFT JOIN reporting_ocp_cost_category_namespace AS category
    ON pod.namespace LIKE category.namespace
  CROSS JOIN LATERAL (
    SELECT coalesce(of_node.labels, '{}') || coalesce(of_namespace.labels, '{}')
           || kept_labels(pod.pod_labels) AS labels) AS merged
  WHERE pod.usage_start = day AND pod.node <> ''
  GROUP BY pod.namespace, pod.node, merged.labels
$$;

CREATE PROCEDURE add_storage_rows(day date) LANGUAGE sql AS $$
  INSERT INTO staging (
    usage_start, data_source, namespace, node, resource_id, persistentvolumeclaim,
    persistentvolume, storageclass, csi_volume_handle, volume_labels,
    persistentvolumeclaim_capacity_gigabyte, persistentvolumeclaim_capacity_gigabyte_months,
    volume_request_storage_gigabyte_months, persistentvolumeclaim_usage_gigabyte_months,
    infrastructure_usage_cost, cost_category_id)
  SELECT
    day, 'Storage', volume.namespace, place.node, place.resource_id, volume.persistentvolumeclaim,
    volume.persistentvolume, volume.storageclass, volume.csi_volume_handle, merged.labels,
    max(volume.persistentvolumeclaim_capacity_bytes) * power(2, -30),
    sum(volume.persistentvolumeclaim_capacity_byte_seconds) / month.seconds * power(2, -30),
    -- A volume that no pod is known to mount is shared by one node (11); by none is an error (12).
    sum(volume.volume_request_storage_byte_seconds) / coalesce(sharers.nodes, 1) / month.seconds
      * power(2, -30),
    sum(volume.persistentvolumeclaim_usage_byte_seconds) / coalesce(sharers.nodes, 1)
      / month.seconds * power(2, -30),
    '{"cpu": 0.000000000, "memory": 0.000000000, "storage": 0.000000000}',
    max(category.cost_category_id)
  FROM volumes AS volume
  LEFT JOIN volume_nodes(day) AS place
    ON place.persistentvolumeclaim = volume.persistentvolumeclaim
       AND place.pod = volume.pod AND place.namespace = volume.namespace
  LEFT JOIN (
    SELECT persistentvolume, count(DISTINCT node) AS nodes
    FROM volume_nodes(day)
    GROUP BY persistentvolume) AS sharers
    ON sharers.persistentvolume = volume.persistentvolume
  LEFT JOIN node_label_sets(day) AS of_node ON of_node.node = place.node
  LEFT JOIN namespace_label_sets(day) AS of_namespace
    ON of_namespace.namespace = volume.namespace
  LEFT JOIN reporting_ocp_cost_category_namespace AS category
    ON volume.namespace LIKE category.namespace
  CROSS JOIN LATERAL (
    SELECT coalesce(of_node.labels, '{}') || coalesce(of_namespace.labels, '{}')
           || kept_labels(volume.persistentvolume_labels)
           || kept_labels(volume.persistentvolumeclaim_labels) AS labels) AS merged
  CROSS JOIN (
    SELECT 86400 * extract(day FROM date_trunc('month', day::timestamp)
                                    + interval '1 month - 1 day')::float8 AS seconds) AS month
  WHERE volume.usage_start = day
  GROUP BY volume.namespace, place.node, place.resource_id, volume.persistentvolumeclaim,
           volume.persistentvolume, volume.storageclass, volume.csi_volume_handle, merged.labels,
           sharers.nodes, month.seconds
$$;

CREATE PROCEDURE add_unallocated_rows(day date) LANGUAGE sql AS $$
  INSERT INTO staging (
    usage_start, data_source, namespace, node, resource_id,
    pod_usage_cpu_core_hours, pod_request_cpu_core_hours, pod_effective_usage_cpu_core_hours,
    pod_usage_memory_gigabyte_hours, pod_request_memory_gigabyte_hours,
    pod_effective_usage_memory_gigabyte_hours,
    node_capacity_cpu_cores, node_capacity_cpu_core_hours,
    node_capacity_memory_gigabytes, node_capacity_memory_gigabyte_hours,
    cluster_capacity_cpu_core_hours, cluster_capacity_memory_gigabyte_hours, cost_category_id)
  SELECT
    day, 'Pod', named.namespace, used.node, used.resource_id,
    used.cpu_core_hours - used.usage_cpu, used.cpu_core_hours - used.request_cpu,
    used.cpu_core_hours - used.effective_cpu,
    used.memory_gigabyte_hours - used.usage_memory,
    used.memory_gigabyte_hours - used.request_memory,
    used.memory_gigabyte_hours - used.effective_memory,
    used.cpu_cores, used.cpu_core_hours, used.memory_gigabytes, used.memory_gigabyte_hours,
    used.cluster_cpu, used.cluster_memory, category.cost_category_id
  FROM (
    SELECT
      pod.node,
      max(pod.resource_id) AS resource_id,
      max(role.node_role) AS node_role,
      sum(pod.pod_usage_cpu_core_hours) AS usage_cpu,
      sum(pod.pod_request_cpu_core_hours) AS request_cpu,
      sum(pod.pod_effective_usage_cpu_core_hours) AS effective_cpu,
      sum(pod.pod_usage_memory_gigabyte_hours) AS usage_memory,
      sum(pod.pod_request_memory_gigabyte_hours) AS request_memory,
      sum(pod.pod_effective_usage_memory_gigabyte_hours) AS effective_memory,
      max(pod.node_capacity_cpu_cores) AS cpu_cores,
      max(pod.node_capacity_cpu_core_hours) AS cpu_core_hours,
      max(pod.node_capacity_memory_gigabytes) AS memory_gigabytes,
      max(pod.node_capacity_memory_gigabyte_hours) AS memory_gigabyte_hours,
      max(pod.cluster_capacity_cpu_core_hours) AS cluster_cpu,
      max(pod.cluster_capacity_memory_gigabyte_hours) AS cluster_memory
    FROM staging AS pod
    LEFT JOIN (
      SELECT node, resource_id, max(node_role) AS node_role
      FROM reporting_ocp_nodes
      GROUP BY node, resource_id) AS role
      ON role.node = pod.node AND role.resource_id = pod.resource_id
    WHERE pod.usage_start = day AND pod.data_source = 'Pod'
      AND pod.namespace NOT IN ('Platform unallocated', 'Worker unallocated',
                                'Network unattributed', 'Storage unattributed')
    GROUP BY pod.node) AS used
  CROSS JOIN LATERAL (
    SELECT CASE
      WHEN used.node_role IN ('master', 'infra') THEN 'Platform unallocated'
      WHEN used.node_role = 'worker' THEN 'Worker unallocated'
    END AS namespace) AS named
  LEFT JOIN reporting_ocp_cost_category_namespace AS category
    ON named.namespace LIKE category.namespace
$$;

-- Makes the summary of a day, all of it or, with an error, nothing.

CREATE PROCEDURE summarize(day date, source uuid) LANGUAGE sql AS $$
  -- Label texts in scope are read even if nothing on that day has their node or namespace.
  SELECT (SELECT count(labels) FROM node_label_sets(day)),
         (SELECT count(labels) FROM namespace_label_sets(day));
  CALL add_pod_rows(day);
  CALL add_storage_rows(day);
  CALL add_unallocated_rows(day);
  INSERT INTO summary (
    uuid, report_period_id, cluster_id, cluster_alias, data_source, usage_start, usage_end,
    namespace, node, resource_id, pod_labels,
    pod_usage_cpu_core_hours, pod_request_cpu_core_hours,
    pod_effective_usage_cpu_core_hours, pod_limit_cpu_core_hours,
    pod_usage_memory_gigabyte_hours, pod_request_memory_gigabyte_hours,
    pod_effective_usage_memory_gigabyte_hours, pod_limit_memory_gigabyte_hours,
    node_capacity_cpu_cores, node_capacity_cpu_core_hours,
    node_capacity_memory_gigabytes, node_capacity_memory_gigabyte_hours,
    cluster_capacity_cpu_core_hours, cluster_capacity_memory_gigabyte_hours,
    persistentvolumeclaim, persistentvolume, storageclass, csi_volume_handle, volume_labels,
    all_labels,
    persistentvolumeclaim_capacity_gigabyte, persistentvolumeclaim_capacity_gigabyte_months,
    volume_request_storage_gigabyte_months, persistentvolumeclaim_usage_gigabyte_months,
    source_uuid, infrastructure_usage_cost, cost_category_id)
  SELECT
    gen_random_uuid(), period.id, period.cluster_id, period.cluster_alias, part.data_source,
    part.usage_start, part.usage_start, part.namespace, part.node, part.resource_id,
    part.pod_labels,
    part.pod_usage_cpu_core_hours, part.pod_request_cpu_core_hours,
    part.pod_effective_usage_cpu_core_hours, part.pod_limit_cpu_core_hours,
    part.pod_usage_memory_gigabyte_hours, part.pod_request_memory_gigabyte_hours,
    part.pod_effective_usage_memory_gigabyte_hours, part.pod_limit_memory_gigabyte_hours,
    part.node_capacity_cpu_cores, part.node_capacity_cpu_core_hours,
    part.node_capacity_memory_gigabytes, part.node_capacity_memory_gigabyte_hours,
    part.cluster_capacity_cpu_core_hours, part.cluster_capacity_memory_gigabyte_hours,
    part.persistentvolumeclaim, part.persistentvolume, part.storageclass, part.csi_volume_handle,
    part.volume_labels,
    coalesce(part.pod_labels, '{}') || coalesce(part.volume_labels, '{}'),
    part.persistentvolumeclaim_capacity_gigabyte,
    part.persistentvolumeclaim_capacity_gigabyte_months,
    part.volume_request_storage_gigabyte_months,
    part.persistentvolumeclaim_usage_gigabyte_months,
    source, part.infrastructure_usage_cost, part.cost_category_id
  FROM staging AS part
  CROSS JOIN reporting_ocpusagereportperiod AS period
  WHERE part.usage_start = day AND period.provider_id = source
$$;
