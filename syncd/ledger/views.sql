-- The public, stable face of the ledger: docs/ledger.md. Plain SQL that SQLite and PostgreSQL both read.

-- What took place: no cancelled or declined meetings, none that are still to come. Not a part of the public face.
CREATE VIEW happened AS
SELECT c.*
  FROM contacts c JOIN interpretations i ON i.owner_id = c.owner_id
 WHERE c.took_place > 0 AND c.channel <> 'none' AND c.at <= i.made_at;

CREATE VIEW people AS
SELECT o.name AS owner, p.id AS person, p.name, p.organisation, p.circle, p.key AS is_key,
       (SELECT count(*) FROM person_addresses a WHERE a.owner_id = p.owner_id AND a.person = p.id) AS addresses,
       (SELECT count(*) FROM happened c WHERE c.owner_id = p.owner_id AND c.person = p.id) AS interactions,
       (SELECT min(c.at) FROM happened c WHERE c.owner_id = p.owner_id AND c.person = p.id) AS first_at,
       (SELECT max(c.at) FROM happened c WHERE c.owner_id = p.owner_id AND c.person = p.id) AS last_at
  FROM persons p JOIN owners o ON o.id = p.owner_id;

CREATE VIEW interactions AS
SELECT o.name AS owner, c.id, c.person, p.name, p.organisation, p.circle, c.address, c.at, c.day, c.week, c.channel,
       c.confidence, c.direction, c.relational, c.working, c.transactional, c.took_place, c.personal, c.weight,
       c.minutes, c.crowd, c.standing, c.account, c.title
  FROM happened c
  JOIN owners o ON o.id = c.owner_id
  LEFT JOIN persons p ON p.owner_id = c.owner_id AND p.id = c.person;

CREATE VIEW relationship_weeks AS
SELECT o.name AS owner, c.person, c.week,
       count(*) AS interactions,
       sum(CASE WHEN c.channel = 'in_person' THEN 1 ELSE 0 END) AS in_person,
       sum(CASE WHEN c.channel = 'video' THEN 1 ELSE 0 END) AS video,
       sum(CASE WHEN c.channel = 'phone' THEN 1 ELSE 0 END) AS phone,
       sum(CASE WHEN c.channel = 'email' THEN 1 ELSE 0 END) AS email,
       sum(CASE WHEN c.direction = 'in' THEN 1 ELSE 0 END) AS received,
       sum(CASE WHEN c.direction = 'out' THEN 1 ELSE 0 END) AS sent,
       sum(c.personal) AS personal,
       sum(c.took_place * c.relational) AS relational,
       sum(c.took_place * c.working) AS working,
       sum(c.took_place * c.transactional) AS transactional,
       sum(c.minutes * c.took_place) AS minutes
  FROM happened c JOIN owners o ON o.id = c.owner_id
 GROUP BY o.name, c.owner_id, c.person, c.week;

-- Whoever was flagged before a merge was known stands under the id that they have now.
CREATE VIEW flags AS
SELECT o.name AS owner, a.week, coalesce(p.id, a.person) AS person, p.name, p.circle, a.status, a.since,
       a.probability, a.evidence, a.suggestion
  FROM assessments a
  JOIN owners o ON o.id = a.owner_id
  LEFT JOIN person_addresses pa ON pa.owner_id = a.owner_id AND pa.address = a.person
  LEFT JOIN persons p ON p.owner_id = a.owner_id AND p.id = pa.person;
