using System.Globalization;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Leases;

/// <summary>A selector means the same in SQL, on both stores, as in memory.</summary>
public sealed class SelectorSqlTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly Comparison[] OfWords = [Comparison.Is, Comparison.IsNot, Comparison.In, Comparison.StartsWith, Comparison.StartsNotWith];

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Every_comparison_of_every_dimension_selects_what_it_selects_in_memory(string provider)
    {
        var random = new Random(7);
        await using var replica = await OpenAsync(provider, postgres);
        await Population.OfAllAsync(replica, random);
        var all = await replica.Leases.ListAsync(new Selector([]), ended: false, null, 1000, default);
        Assert.Equal(Population.Values.Length, all.Count);

        var (some, none) = (0, 0);
        foreach (var key in Dimensions.All)
        {
            foreach (var comparison in Dimensions.Times.Contains(key) ? [Comparison.Before, Comparison.After] : OfWords)
            {
                for (var round = 0; round < 6; round++) await SameAsync(new Selector([Term(key, comparison)]));
            }
        }

        for (var round = 0; round < 150; round++)
        {
            await SameAsync(new Selector([.. Enumerable.Range(0, 1 + random.Next(4)).Select(_ => Dimensions.All[random.Next(Dimensions.All.Count)])
                .Select(key => Term(key, Dimensions.Times.Contains(key) ? (Comparison)(random.Next(2) == 0 ? (int)Comparison.Before : (int)Comparison.After) : OfWords[random.Next(5)]))]));
        }

        // A test whose selectors all select nothing, or everything, would prove nothing.
        Assert.True(some > 150 && none > 50, $"{some} selected something, {none} nothing");
        Assert.Equal(all.Count, await replica.NumberAsync("SELECT count(*) FROM leases"));

        async Task SameAsync(Selector selector)
        {
            var expected = all.Where(l => selector.Matches(LeaseDimensions.Of(l))).Select(l => l.Lease.Id).Order().ToList();
            var found = (await replica.Leases.ListAsync(selector, ended: false, null, 1000, default)).Select(l => l.Lease.Id).Order().ToList();
            Assert.True(expected.SequenceEqual(found), $"{selector} selects {found.Count} in SQL and {expected.Count} in memory");
            if (expected.Count == 0) none++;
            else if (expected.Count < all.Count) some++;
        }

        Term Term(string key, Comparison comparison)
        {
            var count = comparison == Comparison.In ? 1 + random.Next(4) : 1;
            return new Term(key, comparison, [.. Enumerable.Range(0, count).Select(_ => Value(key, comparison))], 0);
        }

        string Value(string key, Comparison comparison)
        {
            var at = all[random.Next(all.Count)];
            if (Dimensions.Times.Contains(key))
            {
                var ms = (key switch { "issued" => at.Lease.CreatedAt, "ends" => at.Lease.EndsAt, _ => at.Lease.DiesBy }) + random.Next(-1, 2);
                return random.Next(2) == 0
                    ? ms.ToString(CultureInfo.InvariantCulture)
                    : DateTimeOffset.FromUnixTimeMilliseconds(ms).ToOffset(TimeSpan.FromHours(2)).ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture);
            }

            var value = random.Next(3) == 0 ? Population.Pick(random) : LeaseDimensions.Of(at)(key)?.Split('\n')[^1] ?? "";
            if (comparison is not (Comparison.StartsWith or Comparison.StartsNotWith) || value.Length < 2) return value;
            // Whole characters only: the selector's reader refuses halves.
            var runes = value.EnumerateRunes().ToList();
            return string.Concat(runes.Take(1 + random.Next(runes.Count)));
        }
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_value_is_never_part_of_the_statement(string provider)
    {
        await using var replica = await OpenAsync(provider, postgres);
        await Population.OfAllAsync(replica, new Random(3));
        foreach (var value in Population.Values.Where(v => v.Length > 0))
        {
            foreach (var key in Dimensions.All.Except(Dimensions.Times))
            {
                var quoted = value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
                var sql = new SelectorSql(Selector.Parse($"{key}=\"{quoted}\",{key}!=\"{quoted}\"*,{key} in (\"{quoted}\",x)"));
                Assert.DoesNotContain(value.Length < 4 ? $"'{value}'" : value, sql.Where.Replace("'active'", "", StringComparison.Ordinal), StringComparison.Ordinal);
                Assert.Equal(Dimensions.Lists.Contains(key) ? 8 : 4, sql.Values.Count);
            }

            var found = await replica.Leases.ListAsync(new Selector([new Term("template", Comparison.Is, [value], 0)]), ended: false, null, 1000, default);
            Assert.Equal(value, Assert.Single(found).Lease.Template);
        }
    }
}
