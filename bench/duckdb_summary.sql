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
CREATE TEMP TABLE node_capacity AS
SELECT day, node, sum(cpu) AS cpu, sum(memory) AS memory
FROM (SELECT day, interval_start, node, max(node_capacity_cpu_core_seconds) AS cpu,
             max(node_capacity_memory_byte_seconds) AS memory
      FROM hourly_pods GROUP BY ALL)
GROUP BY ALL;

CREATE TEMP TABLE cluster_capacity AS
SELECT day, sum(cpu) AS cpu, sum(memory) AS memory FROM node_capacity GROUP BY ALL;

-- Pods, summed before they fan out.
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

CREATE TEMP TABLE pod_copies AS
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
