using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Backends.Kubernetes;

public sealed class KubernetesMintTests
{
    [Fact]
    public async Task The_Secret_is_empty_and_says_whose_it_is()
    {
        await using var rig = await KubernetesRig.StartAsync();
        var (handle, minted, order) = await rig.MintAsync();
        var secret = Assert.Single(rig.StandIn!.State.Secrets.Values);
        Assert.Equal($"cb-{rig.Suffix}-{order.LeaseId}", (string?)secret["metadata"]!["name"]);
        Assert.Equal((rig.Suffix, order.LeaseId), ((string?)secret["metadata"]!["labels"]!["credentialbroker/broker"], (string?)secret["metadata"]!["labels"]!["credentialbroker/lease"]));
        Assert.Null(secret["data"]);
        Assert.Equal((string?)secret["metadata"]!["uid"], Handle.Find(handle, "uid"));
        Assert.Equal(KubernetesRig.Claims(minted.Secret).GetProperty("jti").GetString(), Handle.Find(handle, "jti"));
        Assert.Equal((rig.Target.Address!.ToString(), rig.Namespace), (minted.Secret.Member("test", "server"), minted.Secret.Member("test", "namespace")));
    }

    [Fact]
    public async Task A_credential_says_where_the_cluster_is_and_whom_to_believe_there_and_nothing_else_of_that_file()
    {
        await using var rig = await KubernetesRig.StartAsync();
        var (_, plain, _) = await rig.MintAsync();
        Assert.Equal(rig.Target.RootCertificateFile is null, !JsonElement.Parse(plain.Secret.Reveal().Span).TryGetProperty("certificateAuthority", out _));
        using var key = System.Security.Cryptography.ECDsa.Create();
        using var root = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=cluster", key, System.Security.Cryptography.HashAlgorithmName.SHA256).CreateSelfSigned(rig.Time.GetUtcNow().AddDays(-1), rig.Time.GetUtcNow().AddDays(1));
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, (rig.Target.RootCertificateFile is { } own ? await File.ReadAllTextAsync(own) : "") + "\na remark\n" + root.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
            rig.Connect(rig.Target with { RootCertificateFile = file });
            var (_, minted, _) = await rig.MintAsync();
            var told = minted.Secret.Member("test", "certificateAuthority");
            Assert.Contains(root.ExportCertificatePem(), told, StringComparison.Ordinal);
            Assert.DoesNotContain("PRIVATE KEY", told, StringComparison.Ordinal);
            Assert.DoesNotContain("a remark", told, StringComparison.Ordinal);
            await File.WriteAllTextAsync(file, "none");
            Assert.Equal(ReasonCodes.TargetUnavailable, (await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync())).Code);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task R21_A_token_for_others_is_refused_by_review_once_its_Secret_is_gone_and_by_the_API_server_always()
    {
        await using var rig = await KubernetesRig.StartAsync();
        var (handle, minted, _) = await rig.MintAsync(rig.Grant(audiences: ["https://orders.test"]));
        Assert.True(await rig.WorksAsync(minted.Secret, "https://orders.test"));
        Assert.False(await rig.WorksAsync(minted.Secret));
        await rig.Backend.EndAsync(handle, default);
        Assert.False(await rig.WorksAsync(minted.Secret, "https://orders.test"));
        // What only checks signature and expiry goes on taking it; the page says so.
        Assert.True(KubernetesRig.Claims(minted.Secret).GetProperty("exp").GetInt64() * 1000 > rig.Time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task R22_A_short_lease_gets_the_shortest_token_there_is_and_says_how_long_it_could_live()
    {
        await using var rig = await KubernetesRig.StartAsync();
        var (_, minted, order) = await rig.MintAsync(life: TimeSpan.FromMinutes(2));
        Assert.InRange(minted.DiesBy - order.EndsAt, 478_000, 500_000);
    }

    [Fact]
    public async Task Ending_one_lease_ends_all_its_tokens_and_no_neighbours()
    {
        await using var rig = await KubernetesRig.StartAsync();
        var (handle, first, order) = await rig.MintAsync();
        var (_, neighbour, _) = await rig.MintAsync();
        var second = await rig.Backend.RenewAsync(handle, order with { EndsAt = order.EndsAt + 60_000 }, default);
        Assert.True(await rig.WorksAsync(first.Secret) && await rig.WorksAsync(second.Secret));
        await rig.Backend.EndAsync(second.Handle!, default);
        Assert.False(await rig.WorksAsync(first.Secret) || await rig.WorksAsync(second.Secret));
        Assert.True(await rig.WorksAsync(neighbour.Secret));
    }

    [Fact]
    public async Task A_Secret_made_anew_under_the_same_name_revives_nothing_and_is_left_alone()
    {
        await using var rig = await KubernetesRig.StartAsync();
        var (handle, minted, _) = await rig.MintAsync();
        rig.StandIn!.Locked(state =>
        {
            var (key, old) = state.Secrets.Single();
            var made = (JsonObject)old.DeepClone();
            made["metadata"]!["uid"] = "another";
            return state.Secrets[key] = made;
        });
        Assert.False(await rig.WorksAsync(minted.Secret));
        Assert.Equal(Probe.Dead, await rig.Backend.ProbeAsync(handle, default));
        Assert.False((await rig.Backend.EndAsync(handle, default)).WasThere);
        Assert.Single(rig.StandIn.State.Secrets);
    }

    [Fact]
    public async Task A_Secret_that_a_finalizer_keeps_is_not_ended_yet()
    {
        await using var rig = await KubernetesRig.StartAsync();
        var (handle, _, _) = await rig.MintAsync();
        var secret = rig.StandIn!.State.Secrets.Values.Single();
        secret["metadata"]!["finalizers"] = new JsonArray("example.com/keep");
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.EndAsync(handle, default).AsTask());
        Assert.Equal((ReasonCodes.EndFailed, false), (failed.Code, failed.Transient));
        Assert.Equal(Probe.Alive, await rig.Backend.ProbeAsync(handle, default));
        ((JsonObject)secret["metadata"]!).Remove("finalizers");
        await rig.Backend.EndAsync(handle, default);
        Assert.Equal(Probe.Dead, await rig.Backend.ProbeAsync(handle, default));
    }

    [Fact]
    public async Task A_Secret_whose_answer_was_lost_is_ended_by_its_name()
    {
        await using var rig = await KubernetesRig.StartAsync();
        rig.StandIn!.Losing[$"POST {rig.SecretsPath}"] = true;
        var order = rig.Order();
        var plan = rig.Backend.Plan(order);
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.PrepareAsync(plan, order, default).AsTask());
        Assert.Single(rig.StandIn.State.Secrets);
        Assert.True((await rig.Backend.EndAsync(plan, default)).WasThere);
        Assert.Empty(rig.StandIn.State.Secrets);
    }

    [Fact]
    public async Task After_a_restart_nothing_is_made_under_what_was_prepared()
    {
        await using var rig = await KubernetesRig.StartAsync();
        var order = rig.Order();
        var handle = await rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default);
        rig.Connect(rig.Target);
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        Assert.DoesNotContain(rig.StandIn!.State.Signed, uid => uid == Handle.Find(handle, "uid"));
    }

    [Fact]
    public async Task The_list_goes_on_over_pages_and_names_only_what_is_ours()
    {
        await using var rig = await KubernetesRig.StartAsync();
        foreach (var order in Enumerable.Range(0, 105).Select(_ => rig.Order())) await rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default);
        rig.StandIn!.Locked(state =>
        {
            var (_, one) = state.Secrets.First();
            var posing = (JsonObject)one.DeepClone();
            posing["metadata"]!["name"] = "somebody-elses";
            return state.Secrets[(rig.Namespace, "somebody-elses")] = posing;
        });
        Assert.Equal(105, (await rig.Backend.ListAsync(KubernetesRig.TargetName, default)).Count);
        rig.Connect(rig.Target with { ListSecrets = false });
        Assert.Empty(await rig.Backend.ListAsync(KubernetesRig.TargetName, default));
    }

    [Fact]
    public async Task The_check_names_each_right_that_is_missing()
    {
        await using var rig = await KubernetesRig.StartAsync();
        Assert.Empty(await rig.Backend.CheckAsync(KubernetesRig.TargetName, default));
        rig.Connect(rig.Target with { ServiceAccounts = ["bank/teller", "*/reader"] });
        Assert.Equal(
        [
            "the broker may not create serviceaccounts/token teller in namespace bank", "the broker may not create secrets in namespace bank", "the broker may not delete secrets in namespace bank", "the broker may not list secrets in namespace bank",
            "the broker may not create serviceaccounts/token reader in every namespace", "the broker may not create secrets in every namespace", "the broker may not delete secrets in every namespace", "the broker may not list secrets in every namespace",
        ], await rig.Backend.CheckAsync(KubernetesRig.TargetName, default));
    }

    [Fact]
    public async Task A_path_that_the_account_may_not_read_still_tells_that_it_is_let_in()
    {
        await using var rig = await KubernetesRig.StartAsync();
        var grant = rig.Grant(use: $"/api/v1/namespaces/{rig.Namespace}/configmaps");
        var (handle, minted, _) = await rig.MintAsync(grant);
        Assert.Equal(Probe.Alive, await rig.Backend.UseAsync(grant, minted.Secret, default));
        await rig.Backend.EndAsync(handle, default);
        Assert.Equal(Probe.Dead, await rig.Backend.UseAsync(grant, minted.Secret, default));
    }

    [ToolFact("kubectl")]
    public async Task R21_kubectl_is_let_in_with_the_token_until_the_lease_ends()
    {
        await using var rig = await KubernetesRig.StartAsync();
        var (handle, minted, _) = await rig.MintAsync();
        Task<(int Code, string Output)> WhoAmIAsync() => Tool.RunAsync(
            "kubectl", "auth", "whoami", "-o", "json", "--kubeconfig=/dev/null", $"--server={rig.Target.Address}", $"--certificate-authority={rig.StandIn!.RootFile}", $"--token={minted.Secret.Member("test", "token")}");

        var (code, said) = await WhoAmIAsync();
        Assert.True(code == 0, said);
        Assert.Equal($"system:serviceaccount:{rig.Namespace}:deployer", JsonElement.Parse(said).GetProperty("status").GetProperty("userInfo").GetProperty("username").GetString());
        await rig.Backend.EndAsync(handle, default);
        (code, said) = await WhoAmIAsync();
        Assert.True(code != 0 && said.Contains("Unauthorized", StringComparison.Ordinal), said);
    }
}
