using System.Text.Json.Nodes;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Vault;

/// <summary>What each kind of engine's answer is taken for.</summary>
public sealed class VaultEngineTests
{
    private static readonly Dictionary<string, string> Name = new() { ["common_name"] = "docker.example" };

    [Fact]
    public async Task R46_A_certificate_of_the_pki_engine_lives_as_long_as_the_lease_and_hands_out_named_members_only()
    {
        await using var rig = await VaultRig.StartAsync();
        await rig.AdminAsync("sys/mounts/pki", new JsonObject { ["type"] = "pki" });
        await rig.AdminAsync("pki/root/generate/internal", new JsonObject { ["common_name"] = "docker.example", ["ttl"] = "1h" });
        await rig.AdminAsync("pki/roles/docker-admin", new JsonObject { ["allow_any_name"] = true });
        var grant = rig.Grant("pki", "pki/issue/docker-admin", Name) with { Fields = ["certificate", "private_key"] };
        var (handle, minted, order) = await rig.MintAsync(grant, TimeSpan.FromMinutes(15));
        Assert.Equal(["certificate", "private_key"], VaultRig.Parts(minted.Secret).Keys.Order());
        Assert.InRange(minted.DiesBy, order.EndsAt - 3000, order.EndsAt);
        Assert.Equal(Revocability.ExpiryOnly, rig.Backend.RevocabilityOf(grant));
        Assert.Equal(ReasonCodes.LeaseNotRenewable, (await Assert.ThrowsAsync<BackendException>(() => rig.Backend.RenewAsync(handle, order, default).AsTask())).Code);
        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
        var missing = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync(grant with { Fields = ["certificate", "password"] }));
        Assert.Contains("lacks members", missing.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_of_AWS_that_cannot_be_shorter_says_how_long_it_outlives_the_lease()
    {
        await using var rig = await VaultRig.StartAsync();
        await rig.AdminAsync("sys/mounts/aws", new JsonObject { ["type"] = "aws" });
        var grant = rig.Grant("aws-sts", "aws/sts/deploy");
        var (_, minted, order) = await rig.MintAsync(grant);
        Assert.InRange(minted.DiesBy - order.EndsAt, 590_000, 602_000);
        Assert.Equal(Revocability.ExpiryOnly, rig.Backend.RevocabilityOf(grant));
    }

    [Fact]
    public async Task What_is_stored_outlives_the_lease_by_its_rotation()
    {
        await using var rig = await VaultRig.StartAsync();
        await rig.AdminAsync("sys/mounts/kv", new JsonObject { ["type"] = "kv", ["options"] = new JsonObject { ["version"] = "2" } });
        await rig.AdminAsync("kv/data/partner", new JsonObject { ["data"] = new JsonObject { ["api_key"] = "k", ["scopes"] = new JsonArray("a", "b"), ["retries"] = 3 } });
        var (_, minted, order) = await rig.MintAsync(rig.Grant(VaultEngine.Static, "kv/data/partner"));
        Assert.Equal("""{"api_key":"k","scopes":"[\u0022a\u0022,\u0022b\u0022]","retries":"3"}""", System.Text.Encoding.UTF8.GetString(minted.Secret.Reveal().Span));
        Assert.Equal(order.EndsAt + 3_600_000, minted.DiesBy);
    }

    [Theory]
    [InlineData("""{"lease_id":"","renewable":false,"lease_duration":60,"data":{"username":"u","password":"p"}}""", "no lease")]
    [InlineData("""{"lease_id":"other/creds/x/abc","renewable":true,"lease_duration":60,"data":{"username":"u","password":"p"}}""", "not of the path")]
    [InlineData("""{"lease_id":"PATH/abc","renewable":true,"lease_duration":0,"data":{"username":"u","password":"p"}}""", "does not say when")]
    [InlineData("""{"lease_id":"PATH/abc","renewable":true,"lease_duration":60,"data":null}""", "no data")]
    [InlineData("""{"lease_id":"PATH/abc","renewable":true,"lease_duration":60,"data":{}}""", "lacks members")]
    public async Task An_answer_that_is_not_what_was_asked_for_is_refused(string answer, string why)
    {
        await using var rig = await VaultRig.StartAsync();
        rig.StandIn!.Instead[rig.Path] = (200, "application/json", answer.Replace("PATH", rig.Path, StringComparison.Ordinal));
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync());
        Assert.Equal((ReasonCodes.MintFailed, false), (failed.Code, failed.Transient));
        Assert.Contains(why, failed.Detail, StringComparison.Ordinal);
    }
}
