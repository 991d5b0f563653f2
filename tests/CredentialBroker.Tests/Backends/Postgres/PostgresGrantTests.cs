using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Postgres;

public sealed class PostgresGrantTests
{
    private static readonly PostgresTarget Target = new()
    {
        Host = "db.example", Database = "orders", Username = "broker", AllowedGroups = ["orders_reader", "orders_writer", "shop_owner"], ObjectOwner = "app",
    };

    private const string Section = """
        target: orders
        memberOf: [orders_reader, orders_writer]
        scopes:
          read: { memberOf: [orders_reader] }
          write: { memberOf: [orders_reader, orders_writer] }
        """;

    [Fact]
    public void Intent_and_approval_leave_the_scopes_that_both_name()
    {
        var grant = Compile(Section, out _)!;
        Assert.Equal(["orders_reader", "orders_writer"], GroupsOf(grant.Narrow(null, null, Facts())));
        Assert.Equal(["orders_reader"], GroupsOf(grant.Narrow(new Intent(["read"]), null, Facts())));
        Assert.Equal(["orders_reader"], GroupsOf(grant.Narrow(null, new Intent(["read"]), Facts())));
        Assert.Equal(["orders_reader", "orders_writer"], GroupsOf(grant.Narrow(new Intent(["write"]), new Intent(["write", "read"]), Facts())));
        Assert.Equal(ReasonCodes.IntentRefused, CodeOf(grant.Narrow(new Intent(["write"]), new Intent(["read"]), Facts())));
        Assert.Equal(ReasonCodes.IntentRefused, CodeOf(grant.Narrow(new Intent(["drop"]), null, Facts())));
        Assert.Equal(ReasonCodes.IntentRefused, CodeOf(grant.Narrow(new Intent(null, new Dictionary<string, string> { ["p"] = "1" }), null, Facts())));
        Assert.Equal(["role:orders_reader"], ((Narrowed.To)grant.Narrow(new Intent(["read"]), null, Facts())).Grant.Privileges.Select(one => one.Resource));
    }

    [Fact]
    public void A_fact_fills_a_name_only_within_the_allow_list()
    {
        var grant = Compile("{ target: orders, memberOf: ['{workload.namespace}_owner'] }", out _)!;
        Assert.Equal(["shop_owner"], GroupsOf(grant.Narrow(null, null, Facts("shop"))));
        foreach (var bad in new[] { "other", "", "sh\"op", "sh'op", "sh op", "sh\nop", "sh\0op", "{x}", new string('a', 10_240), "ＳＨＯＰ" })
            Assert.Equal(ReasonCodes.ParameterRefused, CodeOf(grant.Narrow(null, null, Facts(bad))));
        Assert.Equal(ReasonCodes.ParameterRefused, CodeOf(grant.Narrow(null, null, new Dictionary<string, string>())));
    }

    [Theory]
    [InlineData("{ target: nowhere, memberOf: [orders_reader] }", "backend.postgres.target")]
    [InlineData("{ target: orders }", "backend.postgres.memberOf")]
    [InlineData("{ target: orders, memberOf: [] }", "backend.postgres.memberOf")]
    [InlineData("{ target: orders, memberOf: [orders_reader, pg_read_all_data] }", "backend.postgres.memberOf[1]")]
    [InlineData("{ target: orders, memberOf: [postgres] }", "backend.postgres.memberOf[0]")]
    [InlineData("{ target: orders, memberOf: ['a\"b'] }", "backend.postgres.memberOf[0]")]
    [InlineData("{ target: orders, memberOf: ['{intent.x}'] }", "backend.postgres.memberOf[0]")]
    [InlineData("{ target: orders, memberOf: ['{workload.namespace'] }", "backend.postgres.memberOf[0]")]
    [InlineData("{ target: orders, memberOf: [orders_reader], connectionLimit: 0 }", "backend.postgres.connectionLimit")]
    [InlineData("{ target: orders, memberOf: [orders_reader], conectionLimit: 1 }", "backend.postgres.conectionLimit")]
    [InlineData("{ target: orders, memberOf: [orders_reader], scopes: { w: { memberOf: [orders_writer] } } }", "backend.postgres.scopes.w.memberOf[0]")]
    public void A_mistake_is_told_with_its_place(string section, string path)
    {
        Assert.Null(Compile(section, out var mistakes));
        Assert.Contains(mistakes.All, mistake => mistake.Path == path && mistake.Line == 1);
    }

    [Fact]
    public void A_targets_mistakes_are_all_told_with_their_paths()
    {
        var target = Target with
        {
            Host = "a,b", Database = "", SslMode = "prefer", AllowedGroups = ["pg_monitor", "a b", "broker"], ObjectOwner = "", ScramIterations = 1,
            PasswordFile = "/nowhere/password", MaxLeases = 0,
        };
        var told = new TargetOptions { Postgres = new Dictionary<string, PostgresTarget> { ["orders"] = target, ["Not Good"] = Target } }.Validate(Issuer.ReservedAudiences.BuiltIn).ToList();
        foreach (var path in new[] { "orders:Host", "orders:Database", "orders:SslMode", "orders:AllowedGroups:0", "orders:AllowedGroups:1", "orders:AllowedGroups", "orders:ObjectOwner", "orders:ScramIterations", "orders:PasswordFile", "orders:MaxLeases", "Not Good" })
            Assert.Contains(told, mistake => mistake.StartsWith($"Targets:Postgres:{path}:", StringComparison.Ordinal));
        Assert.Empty(Target.Validate("x"));
        Assert.Empty((Target with { ScramIterations = 1, AllowWeakScram = true }).Validate("x"));
    }

    [Fact]
    public void The_verifier_is_the_one_of_RFC_7677()
    {
        // The RFC's example: user "user", password "pencil".
        var verifier = ScramVerifier.Of("pencil", Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
        Assert.Equal("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=", verifier);
        Assert.DoesNotContain(ScramVerifier.Generate(1).Password, ScramVerifier.Generate(1).ToString(), StringComparison.Ordinal);
    }

    private static PostgresGrant? Compile(string section, out Mistakes mistakes)
    {
        mistakes = new Mistakes("t.yaml");
        var backend = new PostgresBackend(
            "abc123", new PostgresConnections(new Dictionary<string, PostgresTarget> { ["orders"] = Target }), new BrokerClock(TimeProvider.System));
        return (PostgresGrant?)backend.Compile(Yaml.Parse(section), mistakes);
    }

    private static Dictionary<string, string> Facts(string ns = "shop") => new() { ["workload.namespace"] = ns };

    private static IReadOnlyList<string> GroupsOf(Narrowed narrowed) => ((PostgresGrant)((Narrowed.To)narrowed).Grant).Groups;

    private static string CodeOf(Narrowed narrowed) => ((Narrowed.Refused)narrowed).Code;
}
