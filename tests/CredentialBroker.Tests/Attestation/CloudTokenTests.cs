using System.Text.Json.Nodes;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Attestation;

/// <summary>R14, R27: tokens of AWS, Azure and Google, and what is wrong with those that are refused.</summary>
public sealed class CloudTokenTests
{
    private const string Account = "123456789012";
    private const string Role = "arn:aws:iam::123456789012:role/batch/checkout";
    private const string Sts = "https://sts.amazonaws.com/";
    private const string Tenant = "11111111-2222-3333-4444-555555555555";
    private const string Oid = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
    private const string Machine = "/subscriptions/99999999-2222-3333-4444-555555555555/resourcegroups/Shop/providers/Microsoft.Compute/virtualMachines/vm-1";
    private const string Shared = "/subscriptions/99999999-2222-3333-4444-555555555555/resourcegroups/Shop/providers/Microsoft.ManagedIdentity/userAssignedIdentities/checkout";
    private const string UniqueId = "104851234567890123456";

    private static readonly FakeClock Clock = new();
    private static readonly TestIssuer Aws = new("https://abc123-def456.tokens.sts.global.api.aws", "credbroker", Clock, TestKey.Make("k", "ES384"));
    private static readonly TestIssuer AzureV1 = new($"https://sts.windows.net/{Tenant}/", "api://credbroker", Clock, TestKey.Make("k", "RS256"));
    private static readonly TestIssuer AzureV2 = new($"https://login.microsoftonline.com/{Tenant}/v2.0", "api://credbroker", Clock, TestKey.Make("k", "RS256"));
    private static readonly TestIssuer Google = new("https://accounts.google.com", "credbroker", Clock, TestKey.Make("k", "RS256"));

    private static readonly Dictionary<string, (string Code, Func<string> Forge)> AwsCases = new()
    {
        ["a user"] = (ReasonCodes.EvidenceClaims, () => AwsWith(("sub", "arn:aws:iam::123456789012:user/alice"))),
        ["the root of the account"] = (ReasonCodes.EvidenceClaims, () => AwsWith(("sub", "arn:aws:iam::123456789012:root"))),
        ["a session instead of its role"] = (ReasonCodes.EvidenceClaims, () => AwsWith(("sub", "arn:aws:sts::123456789012:assumed-role/checkout/s"))),
        ["a role of another account"] = (ReasonCodes.EvidenceClaims, () => AwsWith(("sub", Role.Replace(Account, "210987654321", StringComparison.Ordinal)))),
        ["role and account of an account its source does not name"] = (ReasonCodes.EvidenceClaims, () => AwsOther("210987654321")),
        ["account of another"] = (ReasonCodes.EvidenceClaims, () => AwsWith((Sts, new JsonObject { ["aws_account"] = "210987654321" }))),
        ["account is a number"] = (ReasonCodes.EvidenceClaims, () => AwsWith((Sts, new JsonObject { ["aws_account"] = 12345678901 }))),
        ["no account"] = (ReasonCodes.EvidenceClaims, () => AwsWith((Sts, new JsonObject()))),
        ["no claims of STS"] = (ReasonCodes.EvidenceClaims, () => AwsWith((Sts, null))),
        ["claims of STS are text"] = (ReasonCodes.EvidenceClaims, () => AwsWith((Sts, Account))),
        ["no subject"] = (ReasonCodes.EvidenceClaims, () => AwsWith(("sub", null))),
        ["a role with a line break"] = (ReasonCodes.EvidenceClaims, () => AwsWith(("sub", Role + "\n"))),
        ["a role with a space in its path"] = (ReasonCodes.EvidenceClaims, () => AwsWith(("sub", "arn:aws:iam::123456789012:role/a b/checkout"))),
        ["a role with a Cyrillic letter"] = (ReasonCodes.EvidenceClaims, () => AwsWith(("sub", "arn:aws:iam::123456789012:role/check\u043eut"))),
        ["a role of 65 characters"] = (ReasonCodes.EvidenceClaims, () => AwsWith(("sub", "arn:aws:iam::123456789012:role/" + new string('a', 65)))),
        ["another partition"] = (ReasonCodes.EvidenceClaims, () => AwsWith(("sub", Role.Replace("arn:aws:", "arn:evil:", StringComparison.Ordinal)))),
        ["another account's issuer"] = (ReasonCodes.EvidenceUntrustedIssuer, () => AwsWith(("iss", "https://zzz999-def456.tokens.sts.global.api.aws"))),
        ["audience list with another"] = (ReasonCodes.EvidenceAudience, () => AwsWith(("aud", new JsonArray("credbroker", "vault")))),
        ["lives longer than an hour"] = (ReasonCodes.EvidenceLifetime, () => AwsWith(("exp", Clock.Seconds + 3601))),
        ["no exp"] = (ReasonCodes.EvidenceLifetime, () => AwsWith(("exp", null))),
        ["no iat"] = (ReasonCodes.EvidenceLifetime, () => AwsWith(("iat", null))),
        ["a thumbprint in the header"] = (ReasonCodes.EvidenceHeader, () => Aws.Sign("""{"alg":"ES384","kid":"k","x5t":"AAAA"}""", AwsClaims().ToJsonString())),
    };

    private static readonly Dictionary<string, (string Code, Func<string> Forge)> AzureCases = new()
    {
        ["tid of another tenant"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("tid", Oid))),
        ["no tid"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("tid", null))),
        ["tid in upper case"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("tid", Oid.ToUpperInvariant()))),
        ["no oid"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("oid", null))),
        ["oid that is no id"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("oid", "checkout"))),
        ["sub of a person: pairwise"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("sub", "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ"))),
        ["sub of another object"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("sub", Tenant))),
        ["on behalf of a person"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("scp", "user_impersonation"))),
        ["idtyp of a person"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("idtyp", "user"))),
        ["an application with a shared secret"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("appidacr", "1"))),
        ["a public client"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("appidacr", "0"))),
        ["an application that is no managed identity"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("xms_mirid", null))),
        ["no application"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("appid", null))),
        ["the application under the other version's name"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("appid", null), ("azp", Oid))),
        ["the other version"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("ver", "2.0"))),
        ["a resource that is none"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("xms_mirid", "vm-1"))),
        ["a resource with dots for a name"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("xms_az_rid", Machine + "/../x y"))),
        ["a resource with a line break"] = (ReasonCodes.EvidenceClaims, () => AzureWith(("xms_az_rid", Machine + "\n"))),
        ["issuer of another tenant"] = (ReasonCodes.EvidenceUntrustedIssuer, () => AzureWith(("iss", $"https://sts.windows.net/{Oid}/"))),
        ["issuer of all tenants"] = (ReasonCodes.EvidenceUntrustedIssuer, () => AzureWith(("iss", "https://login.microsoftonline.com/common/v2.0"))),
        ["issuer of the other version"] = (ReasonCodes.EvidenceUntrustedIssuer, () => AzureWith(("iss", AzureV2.Issuer))),
        ["audience of Azure's management"] = (ReasonCodes.EvidenceAudience, () => AzureWith(("aud", "https://management.azure.com/"))),
        ["lives for a day where an hour is allowed"] = (ReasonCodes.EvidenceLifetime, () => AzureWith(("exp", Clock.Seconds + 86_400))),
        ["a certificate in the header"] = (ReasonCodes.EvidenceHeader, () => AzureV1.Sign("""{"alg":"RS256","kid":"k","x5c":["MIIB"]}""", AzureClaims(AzureV1).ToJsonString())),
        ["PS256"] = (ReasonCodes.EvidenceAlgorithm, () => AzureV1.Sign("""{"alg":"PS256","kid":"k"}""", AzureClaims(AzureV1).ToJsonString())),
    };

    private static readonly Dictionary<string, (string Code, Func<string> Forge)> GoogleCases = new()
    {
        ["no machine: any holder of the account could have made it"] = (ReasonCodes.EvidenceClaims, () => GoogleWith(("google", null))),
        ["machine is text"] = (ReasonCodes.EvidenceClaims, () => GoogleWith(("google", "compute_engine"))),
        ["no project"] = (ReasonCodes.EvidenceClaims, () => GoogleMachine(m => m.Remove("project_id"))),
        ["project with a wildcard"] = (ReasonCodes.EvidenceClaims, () => GoogleMachine(m => m["project_id"] = "*")),
        ["project with a slash"] = (ReasonCodes.EvidenceClaims, () => GoogleMachine(m => m["project_id"] = "shop/x-prod")),
        ["no instance"] = (ReasonCodes.EvidenceClaims, () => GoogleMachine(m => m.Remove("instance_id"))),
        ["instance that is no number"] = (ReasonCodes.EvidenceClaims, () => GoogleMachine(m => m["instance_id"] = "vm-1")),
        ["email not verified"] = (ReasonCodes.EvidenceClaims, () => GoogleWith(("email_verified", false))),
        ["email verified by text"] = (ReasonCodes.EvidenceClaims, () => GoogleWith(("email_verified", "true"))),
        ["no email"] = (ReasonCodes.EvidenceClaims, () => GoogleWith(("email", null))),
        ["subject is an email"] = (ReasonCodes.EvidenceClaims, () => GoogleWith(("sub", "checkout@shop-prod.iam.gserviceaccount.com"))),
        ["given to another party"] = (ReasonCodes.EvidenceClaims, () => GoogleWith(("azp", "32555940559"))),
        ["no party"] = (ReasonCodes.EvidenceClaims, () => GoogleWith(("azp", null))),
        ["issuer without https"] = (ReasonCodes.EvidenceUntrustedIssuer, () => GoogleWith(("iss", "accounts.google.com"))),
        ["signed by the account itself (CVE-2020-16251)"] = (ReasonCodes.EvidenceUntrustedIssuer, () => GoogleWith(("iss", "checkout@shop-prod.iam.gserviceaccount.com"))),
        ["audience of another service"] = (ReasonCodes.EvidenceAudience, () => GoogleWith(("aud", "https://run.app"))),
        ["lives longer than an hour"] = (ReasonCodes.EvidenceLifetime, () => GoogleWith(("exp", Clock.Seconds + 3601))),
        ["expired"] = (ReasonCodes.EvidenceLifetime, () => GoogleWith(("iat", Clock.Seconds - 3600), ("nbf", null), ("exp", Clock.Seconds - 30))),
    };

    public static TheoryData<string> AwsNames => [.. AwsCases.Keys];

    public static TheoryData<string> AzureNames => [.. AzureCases.Keys];

    public static TheoryData<string> GoogleNames => [.. GoogleCases.Keys];

    [Theory]
    [MemberData(nameof(AwsNames))]
    public Task R27_a_hostile_token_of_AWS_is_refused_with_its_own_code(string name) => OfAws().RefusesAsync(AwsCases[name].Forge(), AwsCases[name].Code);

    [Theory]
    [MemberData(nameof(AzureNames))]
    public Task R27_a_hostile_token_of_Azure_is_refused_with_its_own_code(string name) => AttestationBench.Of("azure", AzureV1).RefusesAsync(AzureCases[name].Forge(), AzureCases[name].Code);

    [Theory]
    [MemberData(nameof(GoogleNames))]
    public Task R27_a_hostile_token_of_Google_is_refused_with_its_own_code(string name) => AttestationBench.Of("google", Google).RefusesAsync(GoogleCases[name].Forge(), GoogleCases[name].Code);

    [Fact]
    public async Task R14_a_role_of_AWS_is_proven()
    {
        var workload = await OfAws().ProvenAsync(Aws.Sign(AwsClaims()));
        Assert.Equal(("aws", "aws://123456789012/role/checkout", Role, Role, 3), (workload.Kind, workload.Uri, workload.Subject, workload.Instance, workload.Strength));
        Assert.Equal(["account", "lambdaFunction", "organization", "region", "role", "roleArn"], workload.Attributes.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(null, Machine)]
    [InlineData(Machine, Machine)]
    public async Task R14_a_managed_identity_of_Azure_is_proven(string? place, string instance)
    {
        var claims = AzureClaims(AzureV1);
        if (place is not null) (claims["xms_mirid"], claims["xms_az_rid"]) = (Shared, place);
        var workload = await AttestationBench.Of("azure", AzureV1).ProvenAsync(AzureV1.Sign("""{"typ":"JWT","alg":"RS256","x5t":"k","kid":"k"}""", claims.ToJsonString()));
        Assert.Equal(("azure", $"azure://{Tenant}/{Oid}", instance.ToLowerInvariant(), 1), (workload.Kind, workload.Uri, workload.Instance, workload.Strength));
    }

    [Fact]
    public async Task R14_a_shared_identity_without_a_place_is_one_instance()
    {
        var claims = AzureClaims(AzureV2);
        claims["xms_mirid"] = Shared;
        Assert.Equal(Oid, (await AttestationBench.Of("azure", AzureV2).ProvenAsync(AzureV2.Sign(claims))).Instance);
    }

    [Fact]
    public async Task R14_a_machine_of_Google_is_proven()
    {
        var workload = await AttestationBench.Of("google", Google).ProvenAsync(Google.Sign(GoogleClaims()));
        Assert.Equal(("google", $"gcp://shop-prod/{UniqueId}", "4520031799277581759", 1), (workload.Kind, workload.Uri, workload.Instance, workload.Strength));
    }

    private static WorkloadAttestation OfAws() => AttestationBench.Of("aws", Aws, options: new WorkloadSourceOptions { Kind = "aws", Aws = new AwsSourceOptions { Accounts = [Account] } });

    private static JsonObject AwsClaims()
    {
        var claims = Aws.Claims(Role);
        claims["jti"] = "b7c1";
        claims[Sts] = new JsonObject
        {
            ["aws_account"] = Account, ["source_region"] = "eu-central-1", ["org_id"] = "o-abc1234567",
            ["lambda_source_function_arn"] = "arn:aws:lambda:eu-central-1:123456789012:function:checkout", ["request_tags"] = new JsonObject { ["instance"] = "chosen by the caller" },
        };
        return claims;
    }

    private static string AwsWith(params (string Name, JsonNode? Value)[] changes) => Aws.Sign(Changed(AwsClaims(), changes));

    private static string AwsOther(string account) =>
        AwsWith(("sub", Role.Replace(Account, account, StringComparison.Ordinal)), (Sts, new JsonObject { ["aws_account"] = account }));

    private static JsonObject AzureClaims(TestIssuer issuer)
    {
        var claims = issuer.Claims(Oid);
        var second = issuer == AzureV2;
        (claims["oid"], claims["tid"], claims["ver"]) = (Oid, Tenant, second ? "2.0" : "1.0");
        (claims[second ? "azp" : "appid"], claims[second ? "azpacr" : "appidacr"]) = ("77777777-2222-3333-4444-555555555555", "2");
        (claims["idtyp"], claims["xms_mirid"]) = ("app", Machine);
        return claims;
    }

    private static string AzureWith(params (string Name, JsonNode? Value)[] changes) => AzureV1.Sign(Changed(AzureClaims(AzureV1), changes));

    private static JsonObject GoogleClaims()
    {
        var claims = Google.Claims(UniqueId);
        (claims["azp"], claims["email"], claims["email_verified"]) = (UniqueId, "checkout@shop-prod.iam.gserviceaccount.com", true);
        claims["google"] = new JsonObject
        {
            ["compute_engine"] = new JsonObject
            {
                ["project_id"] = "shop-prod", ["project_number"] = 123456789012, ["zone"] = "europe-west3-a", ["instance_id"] = "4520031799277581759",
                ["instance_name"] = "vm-1", ["instance_creation_timestamp"] = 1_700_000_000,
            },
        };
        return claims;
    }

    private static string GoogleWith(params (string Name, JsonNode? Value)[] changes) => Google.Sign(Changed(GoogleClaims(), changes));

    private static string GoogleMachine(Action<JsonObject> change)
    {
        var claims = GoogleClaims();
        change(claims["google"]!["compute_engine"]!.AsObject());
        return Google.Sign(claims);
    }

    private static JsonObject Changed(JsonObject claims, (string Name, JsonNode? Value)[] changes)
    {
        foreach (var (name, value) in changes)
        {
            claims.Remove(name);
            if (value is not null) claims[name] = value;
        }

        return claims;
    }
}
