using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Vault;

/// <summary>The broker's own way in.</summary>
public sealed class VaultLoginTests
{
    [Fact]
    public async Task A_token_of_the_federation_issuer_opens_the_jwt_login_and_a_workloads_issuer_cannot_make_one()
    {
        await using var rig = await VaultRig.StartAsync();
        using var key = SigningKey.Generate(KeyPurpose.Federation);
        rig.Rings.Federation.Replace(key, [key.Verifying]);
        await rig.AdminAsync("sys/auth/jwt", new JsonObject { ["type"] = "jwt" });
        await rig.AdminAsync("auth/jwt/config", new JsonObject { ["jwt_validation_pubkeys"] = new JsonArray(PemEncoding.WriteString("PUBLIC KEY", Convert.FromBase64String(key.Verifying.ToText()))) });
        await DoorAsync(rig, "auth/jwt/role/broker", ("bound_audiences", new JsonArray("vault")), ("bound_subject", "credential-broker"), ("user_claim", "sub"), ("role_type", "jwt"));
        await WorksAsync(rig, new VaultLogin { Role = "broker" });
        rig.Connect(rig.Target with { Login = new VaultLogin { Role = "broker", Subject = "somebody" } });
        Assert.Contains("own login", (await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync())).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_service_accounts_token_opens_the_kubernetes_login_and_is_read_again_at_each()
    {
        await using var rig = await VaultRig.StartAsync();
        await rig.AdminAsync("sys/auth/kubernetes", new JsonObject { ["type"] = "kubernetes" });
        await DoorAsync(rig, "auth/kubernetes/role/broker", ("bound_service_account_names", new JsonArray("broker")));
        await InFileAsync("first", async file =>
        {
            rig.StandIn!.State.Logins.ServiceAccount = "second";
            rig.Connect(rig.Target with { Login = new VaultLogin { Method = "kubernetes", Role = "broker", JwtFile = file } });
            await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync());
            await File.WriteAllTextAsync(file, "second\n");
            var (_, minted, _) = await rig.MintAsync();
            Assert.True(await rig.WorksAsync(minted.Secret));
        });
    }

    [Fact]
    public async Task A_standing_token_works_where_it_was_accepted()
    {
        await using var rig = await VaultRig.StartAsync();
        await InFileAsync(VaultStandIn.RootToken, file => WorksAsync(rig, new VaultLogin { Method = "token", TokenFile = file, AllowStaticToken = true }));
    }

    [Fact]
    public async Task A_batch_token_is_no_login()
    {
        await using var rig = await VaultRig.StartAsync();
        rig.StandIn!.Instead[rig.Target.Login.Path] = (200, "application/json", """{"auth":{"client_token":"b","lease_duration":60,"renewable":false,"token_type":"batch"}}""");
        Assert.Contains("batch", (await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync())).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_brokers_token_is_renewed_in_time_and_replaced_where_it_cannot_be()
    {
        await using var rig = await VaultRig.StartAsync();
        var time = new MovedClock();
        using var connections = new VaultConnections(new Dictionary<string, VaultTarget> { [VaultRig.TargetName] = rig.Target }, rig.Rings, time);
        async Task<(int Logins, int Renewals)> AfterAsync(TimeSpan passed)
        {
            time.Pass(passed);
            Assert.True((await connections.To(VaultRig.TargetName).Session.CallAsync($"auth/token/roles/{rig.Target.TokenRole}", null, default)).IsSuccess);
            return (rig.StandIn!.Asked.Count(asked => asked.EndsWith("/login", StringComparison.Ordinal)), rig.StandIn.Asked.Count(asked => asked.EndsWith("renew-self", StringComparison.Ordinal)));
        }

        Assert.Equal((1, 0), await AfterAsync(TimeSpan.Zero));
        Assert.Equal((1, 0), await AfterAsync(TimeSpan.FromMinutes(39)));
        Assert.Equal((1, 1), await AfterAsync(TimeSpan.FromMinutes(2)));
        Assert.Equal((2, 1), await AfterAsync(TimeSpan.FromMinutes(61)));
    }

    [Fact]
    public async Task A_login_revoked_behind_the_brokers_back_is_replaced_and_a_denial_is_not_asked_again()
    {
        await using var rig = await VaultRig.StartAsync();
        var time = new MovedClock();
        using var connections = new VaultConnections(new Dictionary<string, VaultTarget> { [VaultRig.TargetName] = rig.Target }, rig.Rings, time);
        var session = connections.To(VaultRig.TargetName).Session;
        Assert.True((await session.CallAsync($"auth/token/roles/{rig.Target.TokenRole}", null, default)).IsSuccess);
        Assert.False((await session.CallAsync("auth/token/roles/other", null, default)).IsSuccess);
        Assert.Single(rig.StandIn!.Asked, asked => asked.EndsWith("roles/other", StringComparison.Ordinal));
        foreach (var own in rig.StandIn.State.Tokens.Values.Where(token => token.Policies.Contains($"broker-{rig.Suffix}")).ToList()) rig.StandIn.State.Locked(() => { rig.StandIn.State.RevokeToken(own); return 0; });
        time.Pass(TimeSpan.FromSeconds(11));
        Assert.True((await session.CallAsync($"auth/token/roles/{rig.Target.TokenRole}", null, default)).IsSuccess);
        Assert.Equal(2, rig.StandIn.Asked.Count(asked => asked.EndsWith("/login", StringComparison.Ordinal)));
    }

    private static Task DoorAsync(VaultRig rig, string path, params (string Name, JsonNode Value)[] members) => rig.AdminAsync(
        path, new JsonObject([new("token_policies", new JsonArray($"broker-{rig.Suffix}")), .. members.Select(member => KeyValuePair.Create<string, JsonNode?>(member.Name, member.Value))]));

    private static async Task WorksAsync(VaultRig rig, VaultLogin login)
    {
        rig.Connect(rig.Target with { Login = login });
        var (handle, minted, _) = await rig.MintAsync();
        Assert.True(await rig.WorksAsync(minted.Secret));
        await rig.Backend.EndAsync(handle, default);
        Assert.False(await rig.WorksAsync(minted.Secret));
    }

    private static async Task InFileAsync(string text, Func<string, Task> work)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, text);
            await work(file);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
