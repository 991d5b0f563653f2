using CredentialBroker.Protocol;
using Microsoft.IdentityModel.JsonWebTokens;

namespace CredentialBroker.Backends.Azure;

/// <summary>Access tokens: fresh for each lease, by one stable subject, and of nobody but the identity that was asked for.</summary>
public sealed class AzureTokenTests
{
    [Fact]
    public async Task R23_Two_leases_of_one_identity_take_two_requests_and_get_two_tokens()
    {
        await using var rig = await AzureRig.StartAsync();
        var (_, one, _) = await rig.MintAsync(AzureGrant.AccessToken);
        var (_, other, order) = await rig.MintAsync(AzureGrant.AccessToken);
        Assert.NotEqual(AzureRig.Parts(one.Secret)["token"], AzureRig.Parts(other.Secret)["token"]);
        Assert.Equal(2, rig.StandIn.Asked.Count(asked => asked.EndsWith("/oauth2/v2.0/token", StringComparison.Ordinal)));
        // Nothing but the token is asked for: no discovery, nowhere else.
        Assert.Equal(2, rig.StandIn.Asked.Count);
        Assert.Equal(Revocability.ExpiryOnly, rig.Backend.RevocabilityOf(order.Grant));
    }

    [Fact]
    public async Task One_issuer_and_subject_serve_every_lease_with_an_assertion_of_a_minute()
    {
        await using var rig = await AzureRig.StartAsync();
        for (var i = 0; i < 25; i++) await rig.MintAsync(AzureGrant.AccessToken);
        var shown = rig.StandIn.State.Authority.Assertions.Select(text => new JsonWebToken(text)).ToList();
        Assert.Equal(25, shown.Select(token => token.Id).Distinct().Count());
        Assert.Equal([(rig.Rings.Federation.Issuer, "orders", "api://AzureADTokenExchange")], shown.Select(token => (token.Issuer, token.Subject, token.Audiences.Single())).Distinct());
        Assert.All(shown, token => Assert.Equal(TimeSpan.FromMinutes(1), token.ValidTo - token.ValidFrom));
        Assert.Single(rig.StandIn.State.Applications[AzureRig.OrdersApplication].FederatedCredentials);
    }

    [Theory]
    [InlineData("tid", "aaaaaaaa-0000-4000-8000-0000000000ff", "another tenant")]
    [InlineData("appid", AzureRig.BrokerApplication, "another identity")]
    [InlineData("aud", "https://graph.microsoft.com", "another resource")]
    public async Task A_token_of_another_tenant_identity_or_resource_is_refused(string claim, string value, string said)
    {
        await using var rig = await AzureRig.StartAsync();
        rig.StandIn.State.Authority.Saying = claims => claims[claim] = value;
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync(AzureGrant.AccessToken));
        Assert.Equal(ReasonCodes.MintFailed, failed.Code);
        Assert.Contains(said, failed.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", failed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_lives_longer_than_the_operator_says_is_refused()
    {
        await using var rig = await AzureRig.StartAsync();
        rig.StandIn.State.Authority.Life = () => 24 * 3600;
        Assert.Contains("TokenLife", (await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync(AzureGrant.AccessToken))).Detail, StringComparison.Ordinal);
        rig.Connect(rig.Target with { TokenLife = TimeSpan.FromDays(1) });
        var (_, minted, order) = await rig.MintAsync(AzureGrant.AccessToken);
        Assert.InRange(minted.DiesBy - order.EndsAt, (long)TimeSpan.FromHours(23).TotalMilliseconds, (long)TimeSpan.FromHours(24).TotalMilliseconds);
        Assert.Equal(TimeSpan.FromDays(1), order.Grant.Outlives);
    }

    [Theory]
    [InlineData("mac")]
    [InlineData("opaque")]
    public async Task An_answer_that_says_nothing_of_whom_it_is_for_is_refused(string how)
    {
        await using var rig = await AzureRig.StartAsync();
        rig.StandIn.Bending["/token"] = reply =>
        {
            if (how == "mac") reply["token_type"] = "mac";
            else reply["access_token"] = "hunter2-opaque";
        };
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync(AzureGrant.AccessToken));
        Assert.DoesNotContain("hunter2", failed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_subject_that_no_federated_credential_names_gets_nothing()
    {
        await using var rig = await AzureRig.StartAsync();
        rig.StandIn.State.Applications[AzureRig.OrdersApplication].FederatedCredentials.Clear();
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync(AzureGrant.AccessToken));
        Assert.Equal((ReasonCodes.MintFailed, false), (failed.Code, failed.Transient));
        Assert.Contains("AADSTS700211", failed.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_static_secret_and_a_projected_token_log_in_too()
    {
        await using var rig = await AzureRig.StartAsync();
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "standing-secret\n");
            rig.StandIn.State.Applications[AzureRig.OrdersApplication].Passwords.Add(new StandInPassword("x", null, rig.Clock.GetUtcNow(), rig.Clock.GetUtcNow().AddDays(1), "standing-secret"));
            var identities = new Dictionary<string, AzureIdentity> { ["orders"] = rig.Target.Identities["orders"] with { ClientSecretFile = file } };
            rig.Connect(rig.Target with { Identities = identities, Login = new AzureLogin { Method = AzureLogin.ClientSecret, AllowStaticSecret = true } });
            await rig.MintAsync(AzureGrant.AccessToken);

            var token = Issuer.FederationToken.Write(rig.Rings.Federation, rig.Clock, "orders", "api://AzureADTokenExchange");
            await File.WriteAllTextAsync(file, token);
            rig.Connect(rig.Target with { Login = new AzureLogin { Method = AzureLogin.Default, TokenFile = file } });
            await rig.MintAsync(AzureGrant.AccessToken);
            Assert.Equal(token, Assert.Single(rig.StandIn.State.Authority.Assertions));
        }
        finally
        {
            File.Delete(file);
        }
    }
}
