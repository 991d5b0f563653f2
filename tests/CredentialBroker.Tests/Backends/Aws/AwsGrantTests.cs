using CredentialBroker.Issuer;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Aws;

public sealed class AwsGrantTests
{
    private const string Role = "arn:aws:iam::111122223333:role/orders";

    private static readonly Dictionary<string, string> Facts = new() { ["workload.namespace"] = "shop", ["workload.uri"] = "k8s://prod/shop/checkout" };

    private static readonly Dictionary<string, AwsTarget> Targets = new()
    {
        ["prod"] = new()
        {
            Account = "111122223333", Region = "eu-central-1", Roles = [Role], ProbeEndpoints = [new Uri("https://s3.eu-central-1.amazonaws.com")],
            LeaseRoles = new AwsLeaseRoles { TrustedPrincipal = "arn:aws:iam::111122223333:oidc-provider/broker.example/issuer/federation" },
            Login = new AwsLogin { ManagementRole = "arn:aws:iam::111122223333:role/broker" },
        },
        ["bare"] = new() { Account = "111122223333", Region = "eu-central-1", Roles = [Role], Login = new AwsLogin { Method = "default" } },
    };

    private const string Scoped = """
        target: prod
        role: arn:aws:iam::111122223333:role/orders
        duration: 1h
        scopes:
          read:
            statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::orders/{workload.namespace}/*"] }]
          tenant:
            parameters: { tenant: { type: slug } }
            statements:
              - { actions: ["s3:ListBucket"], resources: ["arn:aws:s3:::orders"], conditions: { StringLike: { "s3:prefix": ["{tenant}/"] } } }
              - { effect: Deny, actions: ["s3:Delete*"], resources: ["*"] }
        probe: { service: s3, url: "https://s3.eu-central-1.amazonaws.com/orders?location" }
        """;

    [Fact]
    public void R28_An_intent_gets_the_statements_of_its_scopes_with_parameters_in_their_place()
    {
        var grant = Compile(Scoped);
        Assert.True(grant.CanBeUsed);
        Assert.Equal("arn:aws:s3:::orders/shop/*", Assert.Single(To(grant.Narrow(Asks("read"), null, Facts)).Privileges).Resource);
        var narrowed = To(grant.Narrow(Asks("tenant", "acme"), null, Facts));
        Assert.Equal(["s3:ListBucket", "if StringLike s3:prefix=acme/"], narrowed.Privileges[0].Actions);
        Assert.Equal(["not s3:Delete*"], narrowed.Privileges[1].Actions);
        Assert.Equal(
            """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::orders","Condition":{"StringLike":{"s3:prefix":"acme/"}}},{"Effect":"Deny","Action":"s3:Delete*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateGreaterThanEquals":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}}]}""",
            SessionPolicy.Render(narrowed.Statements, whole: true, until: 1_767_225_600_999));
        Assert.Equal(ReasonCodes.IntentRefused, Refused(grant.Narrow(Asks("read"), Asks("tenant", "acme"), Facts)));
        Assert.Equal(ReasonCodes.IntentRefused, Refused(grant.Narrow(Asks("admin"), null, Facts)));
        Assert.Equal(3, To(grant.Narrow(new Intent(null, new Dictionary<string, string> { ["tenant"] = "acme" }), null, Facts)).Statements.Count);
    }

    [Theory]
    [InlineData("acme/../other")]
    [InlineData("a\",\"Resource\":\"*")]
    [InlineData("*")]
    [InlineData("a b")]
    [InlineData("ACME")]
    [InlineData("")]
    public void R28_No_parameter_says_more_than_its_type_lets_it(string value) =>
        Assert.IsType<Narrowed.Refused>(Compile(Scoped).Narrow(Asks("tenant", value), null, Facts));

    [Theory]
    [InlineData("shop/*")]
    [InlineData("shop:x")]
    [InlineData("s?")]
    [InlineData("${aws:username}")]
    [InlineData(null)]
    public void R28_No_fact_begins_another_part_of_a_resource(string? value) => Assert.Equal(ReasonCodes.ParameterRefused, Refused(
        Compile(Scoped).Narrow(Asks("read"), null, value is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["workload.namespace"] = value })));

    [Theory]
    [InlineData("target: nowhere\nrole: arn:aws:iam::111122223333:role/orders", "is no configured aws target")]
    [InlineData("target: prod", "is missing")]
    [InlineData("target: prod\nrole: arn:aws:iam::111122223333:role/admin", "is no role that the target allows")]
    [InlineData("target: prod\nmode: user\nrole: x", "must be condition")]
    [InlineData("target: bare\nmode: role\nscopes: { a: { statements: [{ actions: ['s3:GetObject'], resources: ['*'] }] } }", "which the target does not allow")]
    [InlineData("target: prod\nmode: role", "may do what its scopes say")]
    [InlineData("target: prod\nmode: role\nrole: arn:aws:iam::111122223333:role/orders\nscopes: { a: { statements: [{ actions: ['s3:GetObject'], resources: ['*'] }] } }", "belongs to mode condition")]
    [InlineData("target: bare\nrole: arn:aws:iam::111122223333:role/orders\nduration: 2h", "session made with another's")]
    [InlineData("target: prod\nrole: arn:aws:iam::111122223333:role/orders\nduration: 5m", "must be from 15m to 12h")]
    [InlineData("target: prod\nrole: arn:aws:iam::111122223333:role/orders\npolicyArns: ['arn:aws:iam::aws:role/x']", "must be the ARN of a policy")]
    [InlineData("target: prod\nrole: arn:aws:iam::111122223333:role/orders\nprobe: { service: sts, url: 'https://s3.eu-central-1.amazonaws.com/' }", "GetCallerIdentity succeeds")]
    [InlineData("target: prod\nrole: arn:aws:iam::111122223333:role/orders\nprobe: { service: s3, url: 'https://s3.eu-central-1.amazonaws.com/?Action=GetCallerIdentity' }", "GetCallerIdentity")]
    [InlineData("target: prod\nrole: arn:aws:iam::111122223333:role/orders\nprobe: { service: s3, url: 'https://elsewhere.example/' }", "at no address that the target allows")]
    [InlineData("target: prod\nrole: arn:aws:iam::111122223333:role/orders\nscopes: { a: { statements: [{ actions: ['s3'], resources: ['*'] }] } }", "must be an action")]
    [InlineData("target: prod\nrole: arn:aws:iam::111122223333:role/orders\nscopes: { a: { statements: [{ actions: ['s3:GetObject'], resources: ['bucket'] }] } }", "must be * or an ARN")]
    [InlineData("target: prod\nrole: arn:aws:iam::111122223333:role/orders\nscopes: { a: { statements: [{ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::x/${aws:username}'] }] } }", "without quotes")]
    [InlineData("target: prod\nrole: arn:aws:iam::111122223333:role/orders\nscopes: { a: { statements: [{ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::{x}'] }] } }", "neither a declared parameter nor a fact")]
    [InlineData("target: prod\nrole: arn:aws:iam::111122223333:role/orders\nscopes: { a: { statements: [{ actions: ['s3:GetObject'], resources: ['*'], principal: '*' }] } }", "is not known here")]
    [InlineData("target: prod\nrole: arn:aws:iam::111122223333:role/orders\nscopes: { a: { statements: [] } }", "must be a list of at least one")]
    public void A_section_that_says_too_much_or_too_little_is_refused(string text, string mistake)
    {
        var mistakes = new Mistakes("test.yaml");
        Assert.Null(AwsSection.Compile(Yaml.Parse(text), Targets, mistakes));
        Assert.Contains(mistakes.All, one => one.Message.Contains(mistake, StringComparison.Ordinal));
    }

    [Fact]
    public void Policies_that_AWS_would_not_take_are_refused_before_it_is_asked()
    {
        var many = string.Join(", ", Enumerable.Range(0, 30).Select(i => $"'arn:aws:s3:::bucket-{i}-{new string('x', 60)}'"));
        var mistakes = new Mistakes("test.yaml");
        Assert.Null(AwsSection.Compile(Yaml.Parse($"target: prod\nrole: {Role}\nscopes: {{ a: {{ statements: [{{ actions: ['s3:GetObject'], resources: [{many}] }}] }} }}"), Targets, mistakes));
        Assert.Contains(mistakes.All, one => one.Message.Contains("longer than AWS lets", StringComparison.Ordinal));
        // Each of two fits, and both together do not.
        var half = string.Join(", ", Enumerable.Range(0, 14).Select(i => $"'arn:aws:s3:::bucket-{i}-{new string('x', 60)}'"));
        var grant = Compile($"target: prod\nrole: {Role}\nscopes: {{ a: {{ statements: [{{ actions: ['s3:GetObject'], resources: [{half}] }}] }}, b: {{ statements: [{{ actions: ['s3:PutObject'], resources: [{half}] }}] }} }}");
        Assert.IsType<Narrowed.To>(grant.Narrow(Asks("a"), null, Facts));
        Assert.Equal(ReasonCodes.IntentRefused, Refused(grant.Narrow(null, null, Facts)));
        mistakes = new Mistakes("test.yaml");
        Assert.Null(AwsSection.Compile(Yaml.Parse($"target: prod\nrole: {Role}\npolicyArns: [{string.Join(", ", Enumerable.Range(0, 11).Select(i => $"'arn:aws:iam::aws:policy/p{i}'"))}]"), Targets, mistakes));
        Assert.Contains(mistakes.All, one => one.Message.Contains("at most 10", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_scopes_a_session_may_do_what_its_role_may_and_says_so()
    {
        var grant = To(Compile($"target: prod\nrole: {Role}").Narrow(null, null, Facts));
        Assert.Equal((Role, "*"), (Assert.Single(grant.Privileges).Resource, grant.Privileges[0].Actions[0]));
        Assert.Contains("\"Effect\":\"Allow\",\"Action\":\"*\"", SessionPolicy.Render(grant.Statements, whole: true, until: 0), StringComparison.Ordinal);
        // Policies by ARN allow; beside them nothing else does.
        Assert.DoesNotContain("Allow", SessionPolicy.Render(grant.Statements, whole: false, until: 0), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Account", "12")]
    [InlineData("Region", "europe")]
    [InlineData("Roles:0", "arn:aws:iam::999999999999:role/x")]
    [InlineData("Roles:0", "arn:aws:iam::111122223333:role/aws-service-role/x")]
    [InlineData("DenyBy", "hope")]
    [InlineData("StsEndpoint", "http://sts.example")]
    [InlineData("IamEndpoint", "https://iam.example/path")]
    [InlineData("ProbeEndpoints:0", "http://s3.example")]
    [InlineData("Login:Method", "password")]
    [InlineData("Login:Audience", "https://api.example")]
    [InlineData("Login:ManagementRole", "")]
    [InlineData("LeaseRoles:TrustedPrincipal", "arn:aws:iam::111122223333:role/x")]
    [InlineData("LeaseRoles:Path", "none")]
    [InlineData("RequestTimeout", "20")]
    [InlineData("ExternalId", "house")]
    public void A_target_that_would_not_be_safe_or_would_not_work_is_told(string key, string value)
    {
        var target = Targets["prod"];
        target = key switch
        {
            "Account" => target with { Account = value, Roles = [] },
            "Region" => target with { Region = value },
            "Roles:0" => target with { Roles = [value] },
            "DenyBy" => target with { DenyBy = value },
            "StsEndpoint" => target with { StsEndpoint = new Uri(value) },
            "IamEndpoint" => target with { IamEndpoint = new Uri(value) },
            "ProbeEndpoints:0" => target with { ProbeEndpoints = [new Uri(value)] },
            "Login:Method" => target with { Login = target.Login with { Method = value } },
            "Login:Audience" => target with { Login = target.Login with { Audience = value } },
            "Login:ManagementRole" => target with { Login = target.Login with { ManagementRole = null } },
            "LeaseRoles:TrustedPrincipal" => target with { LeaseRoles = target.LeaseRoles! with { TrustedPrincipal = value } },
            "LeaseRoles:Path" => target with { LeaseRoles = target.LeaseRoles! with { Path = value } },
            "ExternalId" => target with { ExternalId = value },
            _ => target with { RequestTimeout = TimeSpan.FromSeconds(20) },
        };
        Assert.Empty(Targets["prod"].Validate("t", ReservedAudiences.BuiltIn));
        Assert.Contains(target.Validate("t", ReservedAudiences.BuiltIn), wrong => wrong.StartsWith($"t:{(key == "ExternalId" ? "Login:Method" : key)}:", StringComparison.Ordinal));
    }

    [Fact]
    public void Static_keys_are_taken_only_where_they_are_accepted()
    {
        var file = Path.GetTempFileName();
        var keys = Targets["bare"] with { Login = new AwsLogin { Method = "keys", AccessKeyIdFile = file, SecretAccessKeyFile = file } };
        Assert.Contains(keys.Validate("t", ReservedAudiences.BuiltIn), wrong => wrong.StartsWith("t:Login:AllowStaticKeys:", StringComparison.Ordinal));
        Assert.Empty((keys with { Login = keys.Login with { AllowStaticKeys = true } }).Validate("t", ReservedAudiences.BuiltIn));
        File.Delete(file);
    }

    private static AwsGrant Compile(string text)
    {
        var mistakes = new Mistakes("test.yaml");
        var grant = AwsSection.Compile(Yaml.Parse(text), Targets, mistakes);
        Assert.Equal("", string.Join('\n', mistakes.All));
        return grant!;
    }

    private static Intent Asks(string scope, string? tenant = null) => new([scope], tenant is null ? null : new Dictionary<string, string> { ["tenant"] = tenant });

    private static AwsGrant To(Narrowed narrowed) => (AwsGrant)Assert.IsType<Narrowed.To>(narrowed).Grant;

    private static string Refused(Narrowed narrowed) => Assert.IsType<Narrowed.Refused>(narrowed).Code;
}
