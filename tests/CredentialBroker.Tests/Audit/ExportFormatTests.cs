using System.Text.Json;
using System.Text.RegularExpressions;
using CredentialBroker.Approvals;
using CredentialBroker.Audit.Exports;
using CredentialBroker.Audit.Tree;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Audit;

/// <summary>What other systems are told about each type of record.</summary>
public sealed partial class ExportFormatTests
{
    private readonly HeldClock _clock = new();

    public static TheoryData<string> Types => [.. OcsfKinds.All.Keys.Append("something.unlisted")];

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Each_type_has_what_its_OCSF_class_requires(string type)
    {
        foreach (var full in new[] { true, false })
        {
            var told = JsonDocument.Parse((await new OcsfFormat().WriteAsync([Sealed(type, full)], default))[0].Json).RootElement;
            var (kind, uid) = (told.GetProperty("class_uid").GetInt32(), told.GetProperty("activity_id").GetInt32());
            Assert.Equal(kind / 1000, told.GetProperty("category_uid").GetInt32());
            Assert.Equal((kind * 100) + uid, told.GetProperty("type_uid").GetInt32());
            Assert.InRange(told.GetProperty("severity_id").GetInt32(), 1, 6);
            Assert.Equal(_clock.GetUtcNow().ToUnixTimeMilliseconds(), told.GetProperty("time").GetInt64());
            var metadata = told.GetProperty("metadata");
            Assert.Equal(("1.8.0", type, 7), (metadata.GetProperty("version").GetString(), metadata.GetProperty("event_code").GetString(), metadata.GetProperty("sequence").GetInt32()));
            Assert.Equal(Ids.Length, metadata.GetProperty("uid").GetString()!.Length);
            Assert.NotEqual("", metadata.GetProperty("product").GetProperty("vendor_name").GetString());
            foreach (var path in Required(kind)) Assert.True(Has(told, path), $"{type}: {path} is missing in {told}");
            Assert.Equal(type, told.GetProperty("unmapped").GetProperty("type").GetString());
        }
    }

    [Fact]
    public async Task A_refusal_is_a_failure_with_its_reason_and_a_grant_tells_its_privileges()
    {
        var refused = JsonDocument.Parse((await new OcsfFormat().WriteAsync([Sealed("credential.decision", true, "refused")], default))[0].Json).RootElement;
        Assert.Equal((2, "frozen"), (refused.GetProperty("status_id").GetInt32(), refused.GetProperty("status_code").GetString()));
        var granted = JsonDocument.Parse((await new OcsfFormat().WriteAsync([Sealed("credential.decision", true)], default))[0].Json).RootElement;
        Assert.Equal(1, granted.GetProperty("status_id").GetInt32());
        Assert.Contains("table orders", granted.GetProperty("privileges")[0].GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Each_type_is_a_CloudEvent_named_after_it(string type)
    {
        var told = JsonDocument.Parse((await new CloudEventsFormat("https://broker.test").WriteAsync([Sealed(type, true)], default))[0].Json).RootElement;
        Assert.Equal(("1.0", $"dev.credbroker.{type}.v1", "https://broker.test"), (told.GetProperty("specversion").GetString(), told.GetProperty("type").GetString(), told.GetProperty("source").GetString()));
        Assert.Equal(told.GetProperty("data").GetProperty("id").GetString(), told.GetProperty("id").GetString());
        Assert.Equal("00000000000000000007", told.GetProperty("sequence").GetString());
        Assert.Equal(_clock.GetUtcNow(), told.GetProperty("time").GetDateTimeOffset());
        Assert.Equal("lease-1", told.GetProperty("subject").GetString());
        // Names of attributes are lower-case letters and digits (CloudEvents 1.0, 3.1).
        Assert.All(told.EnumerateObject(), member => Assert.Matches("^[a-z0-9]+$", member.Name));
    }

    [Fact]
    public void Every_type_that_the_broker_writes_is_listed()
    {
        var written = Directory.EnumerateFiles(RepositoryFiles.PathOf("src/CredentialBroker"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith("OcsfKinds.cs", StringComparison.Ordinal))
            .SelectMany(file => Typed().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value)
            .ToHashSet();
        Assert.Contains("credential.issued", written);
        Assert.Empty(written.Except(OcsfKinds.All.Keys).Order());
    }

    private SealedRecord Sealed(string type, bool full, string effect = "granted")
    {
        var entry = AuditEvent.Of(_clock, type, Streams.Issuance);
        if (full)
        {
            entry = entry with
            {
                Lease = "lease-1", Approval = "approval-1", Task = "task-1", Template = "orders", Environment = "prod", Actor = "ann", Subject = "sub", Detail = "why", Cause = "ttl",
                Caller = new CallerBlock("prod", "kubernetes", "k8s://prod/shop/checkout", "sub", "pod-1", 3, "e", null),
                Decision = new DecisionBlock("d1", effect, effect == "granted" ? "ok" : "frozen", null, "claim", "standard", "r1", null, 1),
                EffectivePrivileges = [new Privilege("postgres", "orders-db", "table orders", ["select"])],
                Credential = new CredentialBlock("postgres", "orders", "fp", 1, 2, 3),
            };
        }

        return new SealedRecord(7, new AuditLine(1, 7, ChainHash.Zero, entry.ToBody()));
    }

    /// <summary>Required attributes of the classes, from the schema.</summary>
    private static string[] Required(int kind) => kind switch
    {
        2004 => ["finding_info.uid", "finding_info.title"],
        3002 => ["user.name", "service.name"],
        3003 => ["user.name", "privileges", "group.name"],
        3004 => ["entity.type", "entity.uid", "entity.name"],
        3005 => ["user.name", "privileges"],
        6003 => ["actor.user.name", "api.operation", "src_endpoint.name"],
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such class here"),
    };

    private static bool Has(JsonElement told, string path)
    {
        foreach (var name in path.Split('.'))
        {
            if (told.ValueKind != JsonValueKind.Object || !told.TryGetProperty(name, out told)) return false;
        }

        return told.ValueKind switch
        {
            JsonValueKind.String => told.GetString()!.Length > 0,
            JsonValueKind.Array => told.GetArrayLength() > 0,
            _ => true,
        };
    }

    [GeneratedRegex("(?:AuditEvent\\.Of\\(\\w+, |Tell\\(|ControlAsync\\(|About\\(\\w+, |About\\(\\w+, \\w+, )\"([a-z_]+\\.[a-z_]+)\"")]
    private static partial Regex Typed();
}
