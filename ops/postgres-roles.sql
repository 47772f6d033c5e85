-- Two roles for the shop's database: one owns the tables and migrates them (`commerce migrate`), the other runs the shop.
-- For psql, as a superuser, connected to the shop's database; running it again changes nothing:
--
--     OWNER_PASSWORD=… SHOP_PASSWORD=… psql --dbname=postgresql://postgres@host/commerce --file=ops/postgres-roles.sql
--
-- Names other than commerce_owner and commerce_shop: OWNER_ROLE and SHOP_ROLE.
-- In a database that others use as well, SHOP_SCHEMA names the schema that the shop has to itself (`?schema=` in its
-- address). It is made, and nobody else's rights are touched; without it the whole database is the shop's.
\set ON_ERROR_STOP on
\set owner commerce_owner
\set shop commerce_shop
\set schema public
\getenv owner OWNER_ROLE
\getenv shop SHOP_ROLE
\getenv schema SHOP_SCHEMA
\getenv owner_password OWNER_PASSWORD
\getenv shop_password SHOP_PASSWORD

SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY[:'owner', :'shop']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE :"owner" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner_password';
ALTER ROLE :"shop" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'shop_password';

SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) WHERE :'schema' = 'public' \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO %I, %I', current_database(), :'owner', :'shop') \gexec
CREATE SCHEMA IF NOT EXISTS :"schema";
REVOKE ALL ON SCHEMA :"schema" FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA :"schema" TO :"owner";
GRANT USAGE ON SCHEMA :"schema" TO :"shop";

-- Tables that are there already, and those that will be.
SELECT format('ALTER TABLE %s OWNER TO %I', oid::regclass, :'owner') FROM pg_class
WHERE relnamespace = (:'schema')::regnamespace AND relkind IN ('r', 'p') \gexec
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA :"schema" TO :"shop";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA :"schema" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"shop";

-- The tables' own version is for the role that migrates.
SELECT format('REVOKE INSERT, UPDATE, DELETE ON %s FROM %I', oid::regclass, :'shop') FROM pg_class
WHERE relnamespace = (:'schema')::regnamespace AND relname IN ('alembic_version', 'schema_floor') \gexec
