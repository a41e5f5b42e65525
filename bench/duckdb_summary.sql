-- SPDX-License-Identifier: Apache-2.0
-- The daily summary in SQL, as fast as DuckDB was got to make it. Before it, duckdb_summary.py makes
--
--   hourly_pods, daily_pods, daily_storage, daily_node_labels, daily_namespace_labels
--     views: the files of the source's month, the rows in range, with `day` beside the columns
--   roles(node, resource_id, node_role), cost_categories(pattern, cost_category_id)
--   kept_values(text)    the values of the allowed keys in a label text, as a list in key order
--   merged(a, b, c, d)   per key the value of the last list that has one
--   label_json(list)     a list as JSON text
--
-- Label texts are parsed, merged and printed once for each distinct one; rows carry numbers for them.

-- Every distinct filtered label map. The NULL map is one of them.
CREATE TEMP TABLE label_texts AS
WITH texts AS (
  SELECT DISTINCT pod_labels AS text FROM daily_pods WHERE node <> ''
  UNION SELECT DISTINCT node_labels FROM daily_node_labels
  UNION SELECT DISTINCT namespace_labels FROM daily_namespace_labels
  UNION SELECT DISTINCT persistentvolume_labels FROM daily_storage
  UNION SELECT DISTINCT persistentvolumeclaim_labels FROM daily_storage
), parsed AS MATERIALIZED (SELECT text, kept_values(text) AS kept FROM texts)
SELECT text, (dense_rank() OVER (ORDER BY kept))::INTEGER AS map, kept FROM parsed;

CREATE TEMP TABLE label_maps AS SELECT DISTINCT map, kept FROM label_texts;

CREATE TEMP TABLE node_maps AS
SELECT DISTINCT day, node, map
FROM (SELECT DISTINCT day, node, node_labels FROM daily_node_labels WHERE node IS NOT NULL) l
JOIN label_texts ON text IS NOT DISTINCT FROM l.node_labels;

CREATE TEMP TABLE namespace_maps AS
SELECT DISTINCT day, namespace, map
FROM (SELECT DISTINCT day, namespace, namespace_labels FROM daily_namespace_labels
      WHERE namespace IS NOT NULL) l
JOIN label_texts ON text IS NOT DISTINCT FROM l.namespace_labels;

-- Capacity: the largest value of a node in each hour, summed over the hours, then over the nodes.
CREATE TEMP TABLE node_sums AS
SELECT hour::DATE AS day, node, sum(cpu) AS cpu, sum(memory) AS memory
FROM (SELECT interval_start AS hour, node, max(node_capacity_cpu_core_seconds) AS cpu,
             max(node_capacity_memory_byte_seconds) AS memory
      FROM hourly_pods GROUP BY ALL)
GROUP BY ALL;

CREATE TEMP TABLE node_capacity AS
SELECT day, node, cpu / 3600 AS node_cpu, memory / 3600 * pow(2, -30) AS node_memory FROM node_sums;

CREATE TEMP TABLE cluster_capacity AS
SELECT day, sum(cpu) / 3600 AS cluster_cpu, sum(memory) / 3600 * pow(2, -30) AS cluster_memory
FROM node_sums GROUP BY ALL;

-- Pods, summed before they fan out: most rows of a node and day share their namespace and labels.
CREATE TEMP TABLE pod_sums AS
SELECT day, namespace, node, map AS own_map, max(resource_id) AS resource_id,
       sum(pod_usage_cpu_core_seconds) AS usage_cpu,
       sum(pod_request_cpu_core_seconds) AS request_cpu,
       sum(CASE WHEN pod_effective_usage_cpu_core_seconds IS NOT NULL
                THEN pod_effective_usage_cpu_core_seconds
                WHEN pod_usage_cpu_core_seconds IS NOT NULL AND pod_request_cpu_core_seconds IS NOT NULL
                THEN greatest(pod_usage_cpu_core_seconds, pod_request_cpu_core_seconds) END) AS effective_cpu,
       sum(pod_limit_cpu_core_seconds) AS limit_cpu,
       sum(pod_usage_memory_byte_seconds) AS usage_memory,
       sum(pod_request_memory_byte_seconds) AS request_memory,
       sum(CASE WHEN pod_effective_usage_memory_byte_seconds IS NOT NULL
                THEN pod_effective_usage_memory_byte_seconds
                WHEN pod_usage_memory_byte_seconds IS NOT NULL AND pod_request_memory_byte_seconds IS NOT NULL
                THEN greatest(pod_usage_memory_byte_seconds, pod_request_memory_byte_seconds) END)
         AS effective_memory,
       sum(pod_limit_memory_byte_seconds) AS limit_memory,
       max(node_capacity_cpu_cores) AS cores, max(node_capacity_memory_bytes) AS memory_bytes
FROM daily_pods JOIN label_texts ON text IS NOT DISTINCT FROM pod_labels
WHERE node <> ''
GROUP BY ALL;

CREATE TEMP TABLE namespace_categories AS
SELECT namespace, cost_category_id
FROM (SELECT namespace FROM pod_sums UNION SELECT namespace FROM daily_storage)
JOIN cost_categories ON namespace LIKE pattern;

CREATE TEMP VIEW pod_copies AS
SELECT p.*, n.map AS node_map, s.map AS namespace_map, c.cost_category_id
FROM pod_sums p
LEFT JOIN node_maps n ON n.day = p.day AND n.node = p.node
LEFT JOIN namespace_maps s ON s.day = p.day AND s.namespace = p.namespace
LEFT JOIN namespace_categories c ON c.namespace = p.namespace;

CREATE TEMP TABLE pod_merges AS
WITH triples AS (
  SELECT DISTINCT node_map, namespace_map, own_map FROM pod_copies
), lists AS MATERIALIZED (
  SELECT t.*, CASE WHEN o.kept IS NOT NULL
                   THEN merged(NULL, n.kept, s.kept, o.kept) END AS kept
  FROM triples t
  LEFT JOIN label_maps n ON n.map = t.node_map
  LEFT JOIN label_maps s ON s.map = t.namespace_map
  JOIN label_maps o ON o.map = t.own_map
)
SELECT node_map, namespace_map, own_map, kept, (dense_rank() OVER (ORDER BY kept))::INTEGER AS labels
FROM lists;

CREATE TEMP TABLE pod_label_json AS
SELECT labels, label_json(kept) AS json FROM (SELECT DISTINCT labels, kept FROM pod_merges);

CREATE TEMP TABLE pod_rows AS
SELECT day, namespace, node, labels, max(resource_id) AS resource_id,
       max(cost_category_id) AS cost_category_id,
       sum(usage_cpu) / 3600 AS usage_cpu,
       sum(request_cpu) / 3600 AS request_cpu,
       sum(effective_cpu) / 3600 AS effective_cpu,
       sum(limit_cpu) / 3600 AS limit_cpu,
       sum(usage_memory) / 3600 * pow(2, -30) AS usage_memory,
       sum(request_memory) / 3600 * pow(2, -30) AS request_memory,
       sum(effective_memory) / 3600 * pow(2, -30) AS effective_memory,
       sum(limit_memory) / 3600 * pow(2, -30) AS limit_memory,
       max(cores) AS cores,
       max(memory_bytes) * pow(2, -30) AS memory_gigabytes
FROM pod_copies p
JOIN pod_merges m ON m.node_map IS NOT DISTINCT FROM p.node_map
  AND m.namespace_map IS NOT DISTINCT FROM p.namespace_map AND m.own_map = p.own_map
GROUP BY ALL;

CREATE TEMP VIEW pod_result AS
SELECT * EXCLUDE (labels, json), json AS labels
FROM pod_rows JOIN pod_label_json USING (labels)
LEFT JOIN node_capacity USING (day, node) LEFT JOIN cluster_capacity USING (day);

-- What of each node the pods did not use.
CREATE TEMP TABLE unallocated_rows AS
WITH used AS (
  SELECT node, day, resource_id, max(cores) AS cores, max(memory_gigabytes) AS memory_gigabytes,
         sum(usage_cpu) AS usage_cpu, sum(request_cpu) AS request_cpu,
         sum(effective_cpu) AS effective_cpu, sum(usage_memory) AS usage_memory,
         sum(request_memory) AS request_memory, sum(effective_memory) AS effective_memory
  FROM pod_rows
  WHERE namespace NOT IN ('Platform unallocated', 'Worker unallocated', 'Network unattributed',
                          'Storage unattributed')
  GROUP BY ALL
), per_node AS (
  SELECT node, day, max(resource_id) AS resource_id, max(node_role) AS node_role,
         max(cores) AS cores, max(memory_gigabytes) AS memory_gigabytes,
         sum(usage_cpu) AS usage_cpu, sum(request_cpu) AS request_cpu,
         sum(effective_cpu) AS effective_cpu, sum(usage_memory) AS usage_memory,
         sum(request_memory) AS request_memory, sum(effective_memory) AS effective_memory
  FROM used
  LEFT JOIN (SELECT node, resource_id, max(node_role) AS node_role FROM roles GROUP BY ALL)
    USING (node, resource_id)
  GROUP BY ALL
), named AS (
  SELECT day, node, resource_id, cores, memory_gigabytes,
         node_cpu, node_memory, cluster_cpu, cluster_memory,
         node_cpu - usage_cpu AS usage_cpu, node_cpu - request_cpu AS request_cpu,
         node_cpu - effective_cpu AS effective_cpu, node_memory - usage_memory AS usage_memory,
         node_memory - request_memory AS request_memory,
         node_memory - effective_memory AS effective_memory,
         CASE WHEN node_role IN ('master', 'infra') THEN 'Platform unallocated'
              WHEN node_role = 'worker' THEN 'Worker unallocated' END AS namespace
  FROM per_node LEFT JOIN node_capacity USING (day, node) LEFT JOIN cluster_capacity USING (day)
)
SELECT named.*, cost_category_id FROM named LEFT JOIN cost_categories ON namespace LIKE pattern;

-- Volumes: on which node each is, by the pods that mount it.
CREATE TEMP TABLE volume_rows AS
SELECT s.*, v.map AS volume_map, c.map AS claim_map
FROM daily_storage s
JOIN label_texts v ON v.text IS NOT DISTINCT FROM s.persistentvolume_labels
JOIN label_texts c ON c.text IS NOT DISTINCT FROM s.persistentvolumeclaim_labels;

CREATE TEMP TABLE volume_nodes AS
SELECT DISTINCT day, persistentvolumeclaim, persistentvolume, pod, namespace, u.node, u.resource_id
FROM (SELECT DISTINCT day, persistentvolumeclaim, persistentvolume, pod, namespace FROM volume_rows)
JOIN (SELECT DISTINCT day, namespace, pod, node, resource_id FROM daily_pods
      SEMI JOIN volume_rows USING (day, namespace, pod)) u
  USING (day, namespace, pod);

CREATE TEMP TABLE volume_copies AS
WITH mounts AS (
  SELECT day, persistentvolumeclaim, pod, namespace, node, resource_id FROM volume_nodes
)
SELECT s.* EXCLUDE node, v.node, v.resource_id, n.map AS node_map, b.map AS namespace_map,
       c.cost_category_id
FROM volume_rows s
LEFT JOIN mounts v ON v.day = s.day AND v.persistentvolumeclaim = s.persistentvolumeclaim
  AND v.pod = s.pod AND v.namespace = s.namespace
LEFT JOIN node_maps n ON n.day = s.day AND n.node = v.node
LEFT JOIN namespace_maps b ON b.day = s.day AND b.namespace = s.namespace
LEFT JOIN namespace_categories c ON c.namespace = s.namespace;

CREATE TEMP TABLE volume_merges AS
WITH quadruples AS (
  SELECT DISTINCT node_map, namespace_map, volume_map, claim_map FROM volume_copies
), lists AS MATERIALIZED (
  SELECT q.*, CASE WHEN v.kept IS NOT NULL AND c.kept IS NOT NULL
                   THEN merged(n.kept, s.kept, v.kept, c.kept) END AS kept
  FROM quadruples q
  LEFT JOIN label_maps n ON n.map = q.node_map
  LEFT JOIN label_maps s ON s.map = q.namespace_map
  JOIN label_maps v ON v.map = q.volume_map
  JOIN label_maps c ON c.map = q.claim_map
)
SELECT *, label_json(kept) AS labels FROM lists;

CREATE TEMP TABLE storage_rows AS
WITH shares AS (
  SELECT day, persistentvolume, count(DISTINCT node) AS nodes FROM volume_nodes GROUP BY ALL
), sums AS (
  SELECT namespace, node, resource_id, persistentvolumeclaim, persistentvolume, storageclass,
         csi_volume_handle, day, labels, max(cost_category_id) AS cost_category_id,
         max(persistentvolumeclaim_capacity_bytes) AS capacity_bytes,
         sum(persistentvolumeclaim_capacity_byte_seconds) AS capacity,
         sum(volume_request_storage_byte_seconds) AS request,
         sum(persistentvolumeclaim_usage_byte_seconds) AS usage,
         86400 * day(last_day(day)) AS month_seconds
  FROM volume_copies p
  JOIN volume_merges m ON m.node_map IS NOT DISTINCT FROM p.node_map
    AND m.namespace_map IS NOT DISTINCT FROM p.namespace_map
    AND m.volume_map = p.volume_map AND m.claim_map = p.claim_map
  GROUP BY ALL
)
SELECT sums.* EXCLUDE (capacity_bytes, capacity, request, usage, month_seconds),
       capacity_bytes * pow(2, -30) AS capacity_gigabytes,
       capacity / month_seconds * pow(2, -30) AS capacity_months,
       request / nodes / month_seconds * pow(2, -30) AS request_months,
       usage / nodes / month_seconds * pow(2, -30) AS usage_months
FROM sums
LEFT JOIN shares ON shares.day = sums.day AND shares.persistentvolume = sums.persistentvolume;

-- The table as it is written.
CREATE TEMP VIEW summary AS
WITH kinds AS (
  SELECT 'Pod' AS data_source, day, namespace, node, resource_id, labels AS pod_labels,
         usage_cpu, request_cpu, effective_cpu, limit_cpu,
         usage_memory, request_memory, effective_memory, limit_memory,
         cores, node_cpu, memory_gigabytes, node_memory, cluster_cpu, cluster_memory,
         NULL::VARCHAR AS persistentvolumeclaim, NULL::VARCHAR AS persistentvolume,
         NULL::VARCHAR AS storageclass, NULL::VARCHAR AS volume_labels,
         coalesce(labels, '{}') AS all_labels,
         NULL::DOUBLE AS capacity_gigabytes, NULL::DOUBLE AS capacity_months,
         NULL::DOUBLE AS request_months, NULL::DOUBLE AS usage_months,
         getvariable('usage_cost') AS usage_cost, cost_category_id, NULL::VARCHAR AS csi_volume_handle
  FROM pod_result
  UNION ALL BY NAME
  SELECT 'Storage' AS data_source, day, namespace, node, resource_id, persistentvolumeclaim,
         persistentvolume, storageclass, labels AS volume_labels,
         coalesce(labels, '{}') AS all_labels, capacity_gigabytes, capacity_months,
         request_months, usage_months, getvariable('usage_cost') AS usage_cost, cost_category_id,
         csi_volume_handle
  FROM storage_rows
  UNION ALL BY NAME
  SELECT 'Pod' AS data_source, day, namespace, node, resource_id,
         usage_cpu, request_cpu, effective_cpu, usage_memory, request_memory, effective_memory,
         cores, node_cpu, memory_gigabytes, node_memory, cluster_cpu, cluster_memory,
         '{}' AS all_labels, cost_category_id
  FROM unallocated_rows
)
SELECT NULL::VARCHAR AS uuid,
       getvariable('report_period_id')::INTEGER AS report_period_id,
       getvariable('cluster_id')::VARCHAR AS cluster_id,
       getvariable('cluster_alias')::VARCHAR AS cluster_alias,
       data_source, day AS usage_start, day AS usage_end, namespace, node, resource_id, pod_labels,
       usage_cpu AS pod_usage_cpu_core_hours,
       request_cpu AS pod_request_cpu_core_hours,
       effective_cpu AS pod_effective_usage_cpu_core_hours,
       limit_cpu AS pod_limit_cpu_core_hours,
       usage_memory AS pod_usage_memory_gigabyte_hours,
       request_memory AS pod_request_memory_gigabyte_hours,
       effective_memory AS pod_effective_usage_memory_gigabyte_hours,
       limit_memory AS pod_limit_memory_gigabyte_hours,
       cores AS node_capacity_cpu_cores,
       node_cpu AS node_capacity_cpu_core_hours,
       memory_gigabytes AS node_capacity_memory_gigabytes,
       node_memory AS node_capacity_memory_gigabyte_hours,
       cluster_cpu AS cluster_capacity_cpu_core_hours,
       cluster_memory AS cluster_capacity_memory_gigabyte_hours,
       persistentvolumeclaim, persistentvolume, storageclass, volume_labels, all_labels,
       capacity_gigabytes AS persistentvolumeclaim_capacity_gigabyte,
       capacity_months AS persistentvolumeclaim_capacity_gigabyte_months,
       request_months AS volume_request_storage_gigabyte_months,
       usage_months AS persistentvolumeclaim_usage_gigabyte_months,
       getvariable('source')::VARCHAR AS source_uuid, usage_cost AS infrastructure_usage_cost,
       cost_category_id::INTEGER AS cost_category_id, csi_volume_handle
FROM kinds;
