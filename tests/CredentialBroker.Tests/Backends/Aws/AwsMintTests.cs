using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Backends.Aws;

/// <summary>Sessions as they are asked for, and answers that are none.</summary>
public sealed class AwsMintTests
{
    [Fact]
    public async Task R24_A_session_carries_the_lease_and_stops_with_it_by_its_own_policy()
    {
        var clock = new FakeClock(TimeProvider.System.GetUtcNow());
        await using var rig = await AwsRig.StartAsync(clock);
        var (handle, minted, order) = await rig.MintAsync();
        var session = rig.Session(minted.Secret);
        Assert.Equal((SessionNames.SessionOf(AwsRig.BrokerId, order.LeaseId), SessionNames.IdentityOf(AwsRig.BrokerId, order.LeaseId)), (session.Name, session.Identity));
        Assert.Equal((order.LeaseId, "cluster/pod-1", "orders"), (session.Tags["lease-id"], session.Tags["task"], session.Tags["template"]));
        Assert.Equal(TimeSpan.FromMinutes(15), session.Expires - session.Issued);
        Assert.Equal(order.EndsAt / 1000 * 1000, minted.DiesBy);
        Assert.True(await rig.WorksAsync(minted.Secret));
        Assert.False(await rig.WorksAsync(minted.Secret, "/"));
        clock.Advance(TimeSpan.FromMinutes(5));
        Assert.False(await rig.WorksAsync(minted.Secret));
        Assert.True(session.Expires > clock.GetUtcNow());
        Assert.NotEqual("0", Handle.Find(handle, "packed"));
    }

    [Fact]
    public async Task The_broker_logs_in_with_a_token_of_its_own_that_carries_source_identity_and_tags()
    {
        using var key = SigningKey.Generate(KeyPurpose.Federation);
        await using var rig = await AwsRig.StartAsync();
        rig.Rings.Federation.Replace(key, [key.Verifying]);
        var issuer = rig.Rings.Federation.Issuer["https://".Length..];
        var provider = $"arn:aws:iam::{StandInAccount.Id}:oidc-provider/{issuer}";
        var trust = $$$$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"{{{{provider}}}}"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession","sts:SetSourceIdentity"],"Condition":{"StringEquals":{"{{{{issuer}}}}:aud":"sts.amazonaws.com","{{{{issuer}}}}:sub":"credential-broker"}}}]}""";
        var role = rig.Account.AddRole("federated", trust, StandInAccount.Everything);
        var management = rig.Account.AddRole("management", trust, StandInAccount.Everything);
        rig.Account.Providers[rig.Rings.Federation.Issuer] = ("sts.amazonaws.com", new Microsoft.IdentityModel.Tokens.JsonWebKeySet(System.Text.Encoding.UTF8.GetString(rig.Rings.Federation.Jwks.Span)).GetSigningKeys().Single());
        rig.Connect(rig.Target with
        {
            Roles = [role.Arn], ExternalId = null, Login = new AwsLogin { ManagementRole = management.Arn }, LeaseRoles = new AwsLeaseRoles { TrustedPrincipal = provider },
        });
        Assert.Empty(rig.Target.Validate("t", ReservedAudiences.BuiltIn));
        foreach (var grant in new[] { rig.Grant(role.Arn), rig.OwnRole(AwsRig.Read) })
        {
            var (handle, minted, order) = await rig.MintAsync(grant);
            Assert.Equal(SessionNames.IdentityOf(AwsRig.BrokerId, order.LeaseId), rig.Session(minted.Secret).Identity);
            Assert.Equal(order.LeaseId, rig.Session(minted.Secret).Tags["lease-id"]);
            Assert.True(await rig.WorksAsync(minted.Secret));
            await rig.Backend.EndAsync(handle, default);
            Assert.False(await rig.WorksAsync(minted.Secret));
        }

        Assert.DoesNotContain("AssumeRole", rig.StandIn.Asked);
    }

    [Theory]
    [InlineData("AssumeRole", "assumed-role/orders", "assumed-role/other", "mint_failed")]
    [InlineData("AssumeRole", ":111122223333:", ":999999999999:", "mint_failed")]
    [InlineData("AssumeRole", "<SourceIdentity>cb-", "<SourceIdentity>xx-", "mint_failed")]
    [InlineData("AssumeRole", "<Expiration>20", "<Expiration>21", "mint_failed")]
    [InlineData("AssumeRole", "<Expiration>20", "<Expiration>19", "mint_failed")]
    [InlineData("AssumeRole", "<AssumedRoleId>AROA", "<AssumedRoleId>:", "mint_failed")]
    [InlineData("AssumeRole", "<AccessKeyId>", "<X/><AccessKeyId/><X>", "target_unavailable")]
    [InlineData("AssumeRole", "<AssumeRoleResponse", "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><AssumeRoleResponse", "target_unavailable")]
    public async Task R24_An_answer_that_is_not_what_was_asked_for_makes_no_credential(string action, string from, string to, string code)
    {
        await using var rig = await AwsRig.StartAsync();
        rig.StandIn.Altered[action] = answer =>
        {
            Assert.Contains(from, answer, StringComparison.Ordinal);
            return to.Contains("<X>", StringComparison.Ordinal) ? "<a>" : answer.Replace(from, to, StringComparison.Ordinal);
        };
        Assert.Equal(code, (await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync())).Code);
        Assert.Single(rig.StandIn.Asked, asked => asked == "AssumeRole");
    }

    [Theory]
    [InlineData(302, "https://elsewhere.example/", "", "target_unavailable", true)]
    [InlineData(200, null, "<a/>", "target_unavailable", true)]
    [InlineData(200, null, "{}", "target_unavailable", true)]
    [InlineData(503, null, "<ErrorResponse><Error><Code>ServiceUnavailable</Code></Error></ErrorResponse>", "target_unavailable", true)]
    [InlineData(400, null, "<ErrorResponse><Error><Code>Throttling</Code><Message>a secret</Message></Error></ErrorResponse>", "target_unavailable", true)]
    [InlineData(400, null, "<ErrorResponse><Error><Code>PackedPolicyTooLarge</Code></Error></ErrorResponse>", "mint_failed", false)]
    [InlineData(403, null, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>a secret</Message></Error></ErrorResponse>", "mint_failed", false)]
    public async Task R24_A_refusal_is_told_by_its_code_and_asked_once(int status, string? location, string body, string code, bool transient)
    {
        await using var rig = await AwsRig.StartAsync();
        rig.StandIn.Instead["AssumeRole"] = (status, location, body);
        var error = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync());
        Assert.Equal((code, transient), (error.Code, error.Transient));
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        Assert.Single(rig.StandIn.Asked, asked => asked == "AssumeRole");
    }

    [Fact]
    public async Task R24_An_answer_too_long_to_be_one_is_not_read()
    {
        await using var rig = await AwsRig.StartAsync();
        rig.StandIn.Instead["AssumeRole"] = (200, null, $"<AssumeRoleResponse>{new string(' ', 400_000)}</AssumeRoleResponse>");
        Assert.Equal(ReasonCodes.TargetUnavailable, (await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync())).Code);
        rig.StandIn.Instead["GetRolePolicy"] = (200, null, $"<GetRolePolicyResponse>{new string(' ', 400_000)}</GetRolePolicyResponse>");
        var refused = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.ProbeAsync(Handle.Write(AwsRig.TargetName, ("lease", Ids.New(rig.Clock)), ("role", rig.Role.Arn), ("until", "99999999999999")), default).AsTask());
        Assert.Equal(ReasonCodes.TargetUnavailable, refused.Code);
    }

    [Fact]
    public async Task R24_A_lost_answer_makes_no_second_session_and_what_it_made_is_denied()
    {
        await using var rig = await AwsRig.StartAsync();
        rig.StandIn.Losing["AssumeRole"] = true;
        var order = rig.Order();
        var handle = await rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default);
        Assert.Equal(ReasonCodes.TargetUnavailable, (await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask())).Code);
        var lost = Assert.Single(rig.Account.Sessions.Values);
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
        Assert.False(rig.Account.Locked(() => rig.Account.Allows(new StandInCaller(null, lost), "s3:GetBucketLocation", AwsRig.Bucket)));
        Assert.Single(rig.Account.Sessions);
    }

    [Fact]
    public async Task R24_An_emulators_or_providers_silence_ends_in_time()
    {
        await using var rig = await AwsRig.StartAsync(change: target => target with { RequestTimeout = TimeSpan.FromSeconds(1) });
        rig.StandIn.Hanging["AssumeRole"] = true;
        Assert.Equal(ReasonCodes.TargetUnavailable, (await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync())).Code);
        rig.StandIn.Down = true;
        rig.StandIn.Hanging.Clear();
        Assert.Equal(ReasonCodes.TargetUnavailable, (await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync())).Code);
    }

    [Fact]
    public async Task A_session_longer_than_the_template_allows_is_not_asked_for()
    {
        await using var rig = await AwsRig.StartAsync();
        await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync(rig.Grant(longest: 900), TimeSpan.FromMinutes(16)));
        Assert.DoesNotContain("AssumeRole", rig.StandIn.Asked);
        await rig.MintAsync(rig.Grant(longest: 3600), TimeSpan.FromMinutes(16));
        Assert.Equal(TimeSpan.FromMinutes(16), rig.Account.Sessions.Values.Single().Expires - rig.Account.Sessions.Values.Single().Issued);
    }

    [Fact]
    public async Task Clocks_that_differ_make_no_credential()
    {
        await using var rig = await AwsRig.StartAsync();
        foreach (var ahead in new[] { TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(-2) })
        {
            rig.Account.Ahead = ahead;
            Assert.Contains("clocks", (await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync())).Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task R23_A_role_made_for_a_lease_goes_with_whatever_was_put_on_it()
    {
        await using var rig = await AwsRig.StartAsync();
        rig.Account.Unknown = 2;
        var (handle, minted, order) = await rig.MintAsync(rig.OwnRole(AwsRig.Read));
        var name = SessionNames.SessionOf(AwsRig.BrokerId, order.LeaseId);
        var role = rig.Account.Roles[name];
        Assert.Equal(("/credbroker/", rig.Target.LeaseRoles!.PermissionsBoundary), (role.Path, role.Boundary));
        Assert.True(await rig.WorksAsync(minted.Secret));
        rig.Account.Locked(() => role.Attached.Add(rig.Account.Policies.Keys.First()));
        rig.Account.Locked(() => role.Inline["later"] = StandInAccount.Everything);
        Assert.False(rig.Backend.DiesAtExpiryOf(handle));
        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
        Assert.False(rig.Account.Roles.ContainsKey(name));
        Assert.False(await rig.WorksAsync(minted.Secret));
    }

    [Fact]
    public async Task Roles_of_leases_are_listed_page_by_page_and_those_of_others_left_alone()
    {
        await using var rig = await AwsRig.StartAsync();
        var made = new List<string>();
        for (var i = 0; i < 7; i++) made.Add((await rig.MintAsync(rig.OwnRole(AwsRig.Read))).Order.LeaseId);
        rig.Account.Locked(() => rig.Account.Roles["cb-zzzzzz-other"] = new StandInRole("cb-zzzzzz-other", "/credbroker/", "AROAX", PolicyDocument.Read(StandInAccount.Trust("x"), isTrust: true)));
        Assert.Equal(made.Order(), (await rig.Backend.ListAsync(AwsRig.TargetName, default)).Select(one => one.LeaseId).Order());
    }

    [Fact]
    public async Task A_proof_is_believed_only_where_AWS_speaks_of_the_session()
    {
        await using var rig = await AwsRig.StartAsync();
        var (_, minted, order) = await rig.MintAsync();
        rig.StandIn.Instead["Get"] = (403, null, "<Error><Code>SignatureDoesNotMatch</Code></Error>");
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.UseAsync(order.Grant, minted.Secret, default).AsTask());
        rig.StandIn.Instead["Get"] = (403, null, "{\"__type\":\"com.amazon.coral.service#AccessDeniedException\"}");
        Assert.Equal(Probe.Dead, await rig.Backend.UseAsync(order.Grant, minted.Secret, default));
        rig.StandIn.Instead["Get"] = (500, null, "");
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.UseAsync(order.Grant, minted.Secret, default).AsTask());
    }

    [Fact]
    public async Task R23_One_role_that_hangs_does_not_keep_another_targets_ends_waiting()
    {
        await using var rig = await AwsRig.StartAsync();
        await using var hanging = await AwsRig.StartAsync(change: target => target with { RequestTimeout = TimeSpan.FromSeconds(1) });
        var (stuck, _, _) = await hanging.MintAsync();
        var (handle, minted, _) = await rig.MintAsync();
        hanging.StandIn.Hanging["PutRolePolicy"] = true;
        var waiting = hanging.Backend.EndAsync(stuck, default).AsTask();
        await rig.Backend.EndAsync(handle, default);
        Assert.False(await rig.WorksAsync(minted.Secret));
        Assert.Equal(ReasonCodes.TargetUnavailable, (await Assert.ThrowsAsync<BackendException>(() => waiting)).Code);
    }
}
