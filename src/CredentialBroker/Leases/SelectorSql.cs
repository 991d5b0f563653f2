using System.Globalization;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Leases;

/// <summary>A selector as a parameterised condition over leases and their workloads; no value ever enters the text.</summary>
internal sealed class SelectorSql
{
    private static readonly Dictionary<string, string> Columns = new(StringComparer.Ordinal)
    {
        ["lease"] = "l.id", ["template"] = "l.template", ["backend"] = "l.backend", ["target"] = "l.target", ["environment"] = "l.environment",
        ["state"] = Words<LeaseState>("l.state"), ["task"] = "l.task", ["approval"] = "l.approval_id", ["decision"] = "l.decision_id", ["workload"] = "w.uri",
        ["source"] = "w.source", ["subject"] = "w.subject", ["instance"] = "w.instance", ["cluster"] = "w.cluster", ["namespace"] = "w.namespace",
        ["serviceaccount"] = "w.service_account", ["pod"] = "w.pod", ["node"] = "w.node", ["cause"] = "l.cause", ["revocability"] = Words<Revocability>("l.revocability"),
        ["issued"] = "l.created_at", ["ends"] = "l.ends_at", ["dies"] = "l.dies_by", ["keyid"] = "l.key_id", ["agent"] = "l.agents", ["issuer"] = "w.issuer",
        ["container"] = "w.container", ["spiffeid"] = $"CASE WHEN substr(w.uri, 1, {Spiffe.Length}) = '{Spiffe}' THEN w.uri END", ["approver"] = "a.approvers", ["image"] = "a.image_digest",
        ["tier"] = "v.tier", ["owner"] = "v.owner",
    };

    /// <summary>How the URI of a workload begins that is a SPIFFE ID itself.</summary>
    public const string Spiffe = "spiffe://";

    private static readonly (string Alias, string Join)[] Tables =
    [
        ("w.", "JOIN workloads w ON w.id = l.workload_id"), ("a.", "LEFT JOIN approvals a ON a.id = l.approval_id"),
        ("v.", "LEFT JOIN template_revisions v ON v.revision = l.template_revision"),
    ];

    private readonly List<(string Name, object? Value)> _values = [];

    /// <param name="within">Selectors of which one must match as well; null for no such bound, and none of none.</param>
    public SelectorSql(Selector selector, IReadOnlyList<Selector>? within = null) => Where = within is null
        ? All(selector)
        : $"{All(selector)} AND ({(within.Count == 0 ? "1 = 0" : string.Join(" OR ", within.Select(one => $"({All(one)})")))})";

    public string Where { get; }

    /// <summary>Every table that a condition may be about beside the lease.</summary>
    public static string AllJoins { get; } = string.Join(' ', Tables.Select(table => table.Join));

    /// <summary>The tables that this condition is about beside the lease.</summary>
    public string Joins => string.Join(' ', Tables.Where(table => Where.Contains(table.Alias, StringComparison.Ordinal)).Select(table => table.Join));

    public IReadOnlyList<(string Name, object? Value)> Values => _values;

    private string All(Selector selector) => selector.Terms.Count == 0 ? "1 = 1" : string.Join(" AND ", selector.Terms.Select(Term));

    private string Term(Term term)
    {
        var column = Columns[term.Key];
        if (Dimensions.Lists.Contains(term.Key))
        {
            var any = string.Join(" OR ", term.Values.Select(value => Has(column, value, term.Comparison is Comparison.StartsWith or Comparison.StartsNotWith)));
            return term.IsNegative ? $"({column} IS NULL OR NOT ({any}))" : $"({any})";
        }

        return term.Comparison switch
        {
            Comparison.Is => $"{column} = {Bind(term, 0)}",
            Comparison.IsNot => $"({column} <> {Bind(term, 0)} OR {column} IS NULL)",
            Comparison.In => $"{column} IN ({string.Join(", ", term.Values.Select((_, i) => Bind(term, i)))})",
            // Not LIKE: its wildcards and its case rules differ between the stores.
            Comparison.StartsWith => $"substr({column}, 1, {Length(term)}) = {Bind(term, 0)}",
            Comparison.StartsNotWith => $"({column} IS NULL OR substr({column}, 1, {Length(term)}) <> {Bind(term, 0)})",
            Comparison.Before => $"{column} < {Bind(term, 0)}",
            Comparison.After => $"{column} > {Bind(term, 0)}",
            _ => throw new InvalidOperationException("a term has seven comparisons"),
        };
    }

    /// <summary>Compared as the words that selectors are written in, so that every comparison means what it means in memory.</summary>
    private static string Words<T>(string column) where T : struct, Enum =>
        $"CASE {column} {string.Join(' ', Enum.GetValues<T>().Select(v => $"WHEN {Convert.ToInt64(v, null)} THEN '{LeaseDimensions.Word(v)}'"))} END";

    // Both stores count characters, not UTF-16 units.
    private static string Length(Term term) => term.Values[0].EnumerateRunes().Count().ToString(CultureInfo.InvariantCulture);

    private string Bind(Term term, int index)
    {
        var text = term.Values[index];
        return Bind(!Dimensions.Times.Contains(term.Key) ? text : SelectorTime.TryParse(text, out var ms) ? ms : throw new FormatException($"'{text}' is no time"));
    }

    /// <summary>
    /// Whether a JSON list of texts holds a value, or one that begins with it. Where its quote opens, a bracket or comma
    /// stands before it, and no quote stands within a value unescaped; so what is found is a value of the list.
    /// </summary>
    private string Has(string column, string value, bool begins)
    {
        var written = JsonLists.Write([value]);
        var sought = begins ? written[..^2] : written[..^1];
        return string.Join(" OR ", new[] { sought, "," + sought[1..] }.Select(part => $"length(replace({column}, {Bind(part)}, '')) < length({column})"));
    }

    private string Bind(object value)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"s{_values.Count}");
        _values.Add((name, value));
        return "@" + name;
    }
}
