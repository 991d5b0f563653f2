using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using CredentialBroker.Hosting.Telemetry;
using CredentialBroker.TestInfra;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Tests.House;

/// <summary>What can be watched is what the reference says; alerts and dashboard ask for nothing else.</summary>
public sealed partial class TelemetryReferenceTests
{
    public TelemetryReferenceTests() => ReferenceTests.Begin();

    [Fact]
    public async Task The_page_of_telemetry_is_the_instruments_the_records_and_the_log_lines()
    {
        var page = ReferenceTests.Page("Telemetry", "What `GET /metrics` tells and OTLP sends, which audit records there are, and which log lines. [How to collect them](../telemetry.md).");
        page.AppendLine("## Metrics\n\n| metric | in OTLP | type | unit | labels | meaning |\n|---|---|---|---|---|---|");
        foreach (var (instrument, labels) in (await MetricNames.ReadAsync()).OrderBy(i => i.Key.Name, StringComparer.Ordinal))
        {
            var described = MetricNames.Labels(instrument);
            Assert.Empty(labels.Except(described));
            page.AppendLine(CultureInfo.InvariantCulture, $"| `{MetricFamily.NameOf(instrument)}` | `{instrument.Name}` | {MetricFamily.TypeOf(instrument)} | {instrument.Unit} | {string.Join(", ", described.Select(l => $"`{l}`"))} | {instrument.Description} |");
        }

        page.AppendLine("\n## Audit records\n\n| type | meaning |\n|---|---|");
        var types = AuditEventTypes.InCode();
        Assert.Equal(AuditEventTypes.Meanings.Keys.Order(StringComparer.Ordinal), types);
        foreach (var type in types) page.AppendLine(CultureInfo.InvariantCulture, $"| `{type}` | {AuditEventTypes.Meanings[type]} |");

        page.AppendLine("\n## Log lines\n\nThe event's name is stable; its number is made from the name.\n\n| category | event | level | message |\n|---|---|---|---|");
        var lines = typeof(BrokerHost).Assembly.GetTypes()
            .SelectMany(t => t.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(m => (Method: m, Line: m.GetCustomAttribute<LoggerMessageAttribute>())).Where(m => m.Line is not null)
            .OrderBy(m => m.Method.DeclaringType!.FullName, StringComparer.Ordinal).ThenBy(m => m.Method.Name, StringComparer.Ordinal);
        foreach (var (method, line) in lines)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| `{method.DeclaringType!.FullName}` | {method.Name} | {line!.Level} | {line.Message.Replace("|", "\\|", StringComparison.Ordinal)} |");
        }

        ReferenceTests.Compare("telemetry.md", page);
    }

    [Fact]
    public async Task The_page_of_the_API_is_what_the_broker_serves()
    {
        await using var broker = await Brokers.StartAsync();
        var served = (await broker.Scene.SendAsync(HttpMethod.Get, "/openapi/v1.json", null)).Body;
        ReferenceTests.Compare("openapi.json", new(served));
        using var document = System.Text.Json.JsonDocument.Parse(served);
        var routes = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Where(o => o.Value.ValueKind == System.Text.Json.JsonValueKind.Object).Select(o => $"{o.Name.ToUpperInvariant()} {path.Name}")).ToList();
        // Pages are for browsers, and no part of the API.
        var rows = CredentialBroker.Hosting.AccessTable.Rows.Where(r => r.Audience != CredentialBroker.Hosting.Audience.Browser).Select(r => $"{r.Method} {r.Route}").Where(r => r != "GET /openapi/v1.json").Order(StringComparer.Ordinal);
        Assert.Equal(rows, routes.Order(StringComparer.Ordinal));
        Assert.Empty(CredentialBroker.Hosting.OpenApi.ApiTable.Described.Except(rows));
    }

    [Theory]
    [InlineData("deploy/prometheus/alerts.yaml")]
    [InlineData("deploy/grafana/credbroker.json")]
    public void Alerts_and_dashboard_ask_for_metrics_that_exist(string file)
    {
        var known = Row().Matches(File.ReadAllText(RepositoryFiles.PathOf("docs/reference/telemetry.md")))
            .SelectMany(m => m.Groups[2].Value == "histogram" ? [$"{m.Groups[1].Value}_bucket", $"{m.Groups[1].Value}_sum", $"{m.Groups[1].Value}_count"] : new[] { m.Groups[1].Value }).ToHashSet();
        Assert.True(known.Count > 8, "the reference was not read");
        var asked = Metric().Matches(File.ReadAllText(RepositoryFiles.PathOf(file))).Select(m => m.Value).Distinct().ToList();
        Assert.True(asked.Count > 5, "nothing is asked for");
        Assert.Empty(asked.Except(known));
    }

    [GeneratedRegex(@"^\| `(credbroker_[a-z_]+)` \| `[a-z_.]+` \| (\w+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\bcredbroker_[a-z_]+\b")]
    private static partial Regex Metric();
}
