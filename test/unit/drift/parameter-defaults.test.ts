import { expect, it } from 'vitest';
import { parameterDefaults } from '../../../main/core/drift/parameter-defaults.ts';

it.each<[string, readonly string[]]>([
  ['CREATE PROCEDURE dbo.P AS SELECT 1 AS x', []],
  ['CREATE PROC P @A int, @B nvarchar(30) = NULL, @C decimal(19, 4) = 1.5 OUTPUT AS RETURN', ['b', 'c']],
  [
    'create or alter procedure [a].[proc = @X] (@A AS int = -1, @b AS int) WITH EXECUTE AS OWNER AS SET @b = 1',
    ['a'],
  ],
  [
    "-- @Z = 1\nCREATE PROCEDURE P /* @Y int = 2 /* nested */ */ @A nvarchar(20) = N'as = it''s', @B bit AS",
    ['a'],
  ],
  ['ALTER PROCEDURE P @A int FOR REPLICATION AS SET @A = 3', []],
  ['CREATE PROCEDURE P\n  @A int = 1\nAS\nBEGIN\n  DECLARE @Q int = 7\nEND', ['a']],
])('%s', (definition, expected) => {
  expect([...(parameterDefaults(definition) ?? ['unreadable'])]).toEqual(expected);
});

it('says so when a text is no procedure', () => {
  expect(parameterDefaults('CREATE VIEW v AS SELECT 1 AS x')).toBeUndefined();
});
