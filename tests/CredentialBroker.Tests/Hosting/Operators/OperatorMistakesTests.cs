using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Operators;

/// <summary>Mistakes of section Operators are told with their key, and nothing starts.</summary>
public sealed class OperatorMistakesTests
{
    [Fact]
    public void The_scenes_own_configuration_has_none() => Assert.Empty(OperatorScene.MistakesOf(_ => { }));

    [Theory]
    [InlineData(Scene.Audience, "TrustSources:Workloads:cluster")]
    [InlineData("CREDBROKER/test", "TrustSources:Approvals:gate")]
    [InlineData("https://api.test", "Targets:SignedToken:internal")]
    public void Operators_have_an_audience_of_their_own(string audience, string other) =>
        Assert.Contains($"Operators:Issuers:corp:Audience: is the audience of {other}; operators have one of their own", With(issuer => issuer["Audience"] = audience));

    [Theory]
    [InlineData("Issuer", "http://login.test", "Operators:Issuers:corp:Issuer: must be an https URL")]
    [InlineData("Issuer", "https://login.test/?a=b", "Operators:Issuers:corp:Issuer: must be an https URL")]
    [InlineData("Issuer", "http://127.0.0.1:8200/issuer/workload", "Operators:Issuers:corp:Issuer: is this broker itself")]
    [InlineData("Issuer", "http://127.0.0.1:8200/issuer/federation/", "Operators:Issuers:corp:Issuer: is this broker itself")]
    [InlineData("Audience", "", "Operators:Issuers:corp:Audience: required")]
    [InlineData("Audience", "two words", "Operators:Issuers:corp:Audience: required")]
    [InlineData("JwksFile", "ops.jwks", "Operators:Issuers:corp:JwksFile: must be an absolute path")]
    [InlineData("JwksUrl", "https://login.test/keys", "Operators:Issuers:corp: name either JwksFile or JwksUrl")]
    [InlineData("MaxLifetime", "13:00:00", "Operators:Issuers:corp:MaxLifetime: must be more than zero and at most 12 h")]
    [InlineData("Rolls", "x", "Operators:Issuers:corp:Rolls: unknown")]
    public void A_wrong_value_is_told_with_its_key(string key, string value, string mistake) => Told(mistake, With(issuer => issuer[key] = value));

    [Theory]
    [InlineData("""{ "Role": "root", "Match": [ { "Claim": "groups", "Values": [ "x" ] } ] }""", "Operators:Issuers:corp:Roles:0:Role: 'root' is none of auditor, platform, responder, reporter, admin")]
    [InlineData("""{ "Role": "0", "Match": [ { "Claim": "groups", "Values": [ "x" ] } ] }""", "Operators:Issuers:corp:Roles:0:Role: '0' is none of")]
    [InlineData("""{ "Role": "admin" }""", "Operators:Issuers:corp:Roles:0:Match: required")]
    [InlineData("""{ "Role": "admin", "Match": [ { "Claim": "groups" } ] }""", "Operators:Issuers:corp:Roles:0:Match:0:Values: required")]
    [InlineData("""{ "Role": "admin", "Match": [ { "Values": [ "x" ] } ] }""", "Operators:Issuers:corp:Roles:0:Match:0:Claim: must be a claim's name")]
    [InlineData("""{ "Role": "admin", "Selector": "enviroment=prod", "Match": [ { "Claim": "groups", "Values": [ "x" ] } ] }""", "Operators:Issuers:corp:Roles:0:Selector: at 0: no such dimension; did you mean environment?")]
    [InlineData("""{ "Role": "admin", "Selector": "state=active", "Match": [ { "Claim": "groups", "Values": [ "x" ] } ] }""", "Operators:Issuers:corp:Roles:0:Selector: at 0: 'state' is known of a lease only")]
    [InlineData("""{ "Role": "admin", "Selector": "target=a,target=b", "Match": [ { "Claim": "groups", "Values": [ "x" ] } ] }""", "Operators:Issuers:corp:Roles:0:Selector: matches nothing")]
    [InlineData("""{ "Role": "admin", "Selector": "", "Match": [ { "Claim": "groups", "Values": [ "x" ] } ] }""", "Operators:Issuers:corp:Roles:0:Selector: ")]
    [InlineData("""{ "Role": "admin", "Match": [ { "Claim": "groups", "Values": [ "x" ], "Valeus": [ "y" ] } ] }""", "Operators:Issuers:corp:Roles:0:Match:0:Valeus: unknown")]
    public void A_wrong_role_is_told_with_its_key(string role, string mistake) => Told(mistake, With(issuer => issuer["Roles"] = new JsonArray(JsonNode.Parse(role))));

    [Fact]
    public void Without_roles_nobody_could_do_anything() => Told("Operators:Issuers:corp:Roles: required", With(issuer => issuer.Remove("Roles")));

    [Fact]
    public void One_issuer_is_configured_once() => Told("Issuer: is also another's", OperatorScene.MistakesOf(configuration =>
        configuration["Operators"]!["Issuers"]!["twin"] = configuration["Operators"]!["Issuers"]!["corp"]!.DeepClone()));

    [Theory]
    [InlineData("staff.pem", "Operators:Certificates:staff:CaFile: must be an absolute path")]
    [InlineData("/nowhere/staff.pem", "Operators:Certificates:staff:CaFile: cannot be read")]
    [InlineData("/dev/null", "Operators:Certificates:staff:CaFile: holds no self-signed root")]
    public void A_file_of_authorities_that_cannot_be_used_is_told(string file, string mistake) =>
        Told(mistake, OperatorScene.MistakesOf(configuration => configuration["Operators"]!["Certificates"]!["staff"]!["CaFile"] = file));

    [Fact]
    public void Claims_of_a_certificate_are_its_names() => Told(
        "Operators:Certificates:staff:Roles:0:Match:0:Claim: must be one of uri, dns, email, subject",
        OperatorScene.MistakesOf(configuration => configuration["Operators"]!["Certificates"]!["staff"]!["Roles"] = new JsonArray(OperatorScene.Role("admin", null, "groups", "x"))));

    private static IReadOnlyList<string> With(Action<JsonObject> change) => OperatorScene.MistakesOf(configuration => change(configuration["Operators"]!["Issuers"]!["corp"]!.AsObject()));

    private static void Told(string mistake, IReadOnlyList<string> mistakes) =>
        Assert.True(mistakes.Any(m => m.Contains(mistake, StringComparison.Ordinal)), $"'{mistake}' is not among:\n{string.Join('\n', mistakes)}");
}
