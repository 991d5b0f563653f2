using System.Text.Json;
using CredentialBroker.Protocol;
using CredentialBroker.Sidecar.FrontEnds.Local;
using CredentialBroker.Sidecar.Hosting;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.Clients;

/// <summary>The commands that other programs run, and those programs themselves.</summary>
public sealed class HelperTests : Rig
{
    [Fact]
    public async Task Docker_is_answered_for_the_one_server()
    {
        await using var sidecar = await StartAsync(Configured());
        var got = await HelpAsync("https://ghcr.io\n", "docker", "--lease", "github", "--server", "ghcr.io", "get");
        Assert.True(got.Exit == 0, got.ToString());
        var json = JsonDocument.Parse(got.Out).RootElement;
        Assert.Equal(("https://ghcr.io", "x-access-token"), (json.GetProperty("ServerURL").GetString(), json.GetProperty("Username").GetString()));
        Assert.StartsWith("ghs_token", json.GetProperty("Secret").GetString(), StringComparison.Ordinal);
        foreach (var other in new[] { "https://index.docker.io/v1/", "ghcr.io.evil.example", "evil.example/ghcr.io", "" })
        {
            Assert.Equal((1, "credentials not found in native keychain\n"), await HelpAsync(other, "docker", "--lease", "github", "--server", "ghcr.io", "get") is var no ? (no.Exit, no.Out) : default);
        }

        Assert.Equal(0, (await HelpAsync("""{"ServerURL":"ghcr.io","Username":"u","Secret":"s"}""", "docker", "--lease", "github", "--server", "ghcr.io", "store")).Exit);
        Assert.Equal("{\"ghcr.io\":\"\"}\n", (await HelpAsync("", "docker", "--lease", "github", "--server", "ghcr.io", "list")).Out);
    }

    [ClientFact("docker")]
    public async Task The_docker_command_asks_the_helper_for_the_registry()
    {
        await using var sidecar = await StartAsync(Configured());
        await using var engine = await EngineStandIn.StartAsync(PathOf("docker.sock"));
        Directory.CreateDirectory(PathOf("docker"));
        File.WriteAllText(PathOf("docker/config.json"), """{"credHelpers":{"registry.test":"broker"}}""");
        File.WriteAllText(PathOf("docker-credential-broker"), $"#!/bin/sh\nexec {string.Join(' ', Client.Sidecar)} docker --lease github --server registry.test --socket {PathOf("sock")} \"$@\"\n");
        File.SetUnixFileMode(PathOf("docker-credential-broker"), (UnixFileMode)0b111_101_101);
        var environment = new Dictionary<string, string> { ["DOCKER_HOST"] = $"unix://{PathOf("docker.sock")}", ["DOCKER_CONFIG"] = PathOf("docker"), ["PATH"] = $"{Path.GetDirectoryName(PathOf("token"))}:{System.Environment.GetEnvironmentVariable("PATH")}" };
        var pulled = await Client.RunAsync(environment, "docker", "pull", "registry.test/shop/app");
        Assert.True(engine.RegistryAuth is not null, pulled.ToString());
        Assert.Contains("\"username\":\"x-access-token\"", engine.RegistryAuth, StringComparison.Ordinal);
        Assert.Contains("\"password\":\"ghs_token", engine.RegistryAuth, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v1beta1")]
    public async Task Kubectl_is_answered_in_the_version_that_it_asks_for(string version)
    {
        await using var sidecar = await StartAsync(Configured());
        var ran = await Client.RunAsync(new Dictionary<string, string> { ["KUBERNETES_EXEC_INFO"] = $$"""{"apiVersion":"client.authentication.k8s.io/{{version}}","kind":"ExecCredential","spec":{"interactive":false} }""" }, [.. Client.Sidecar, "kubectl", "--lease", "cluster", "--socket", PathOf("sock")]);
        Assert.True(ran.Exit == 0, ran.ToString());
        var json = JsonDocument.Parse(ran.Out).RootElement;
        Assert.Equal($"client.authentication.k8s.io/{version}", json.GetProperty("apiVersion").GetString());
        Assert.StartsWith("kube.token.", json.GetProperty("status").GetProperty("token").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, (await Client.RunAsync(new Dictionary<string, string> { ["KUBERNETES_EXEC_INFO"] = """{"apiVersion":"client.authentication.k8s.io/v9"}""" }, [.. Client.Sidecar, "kubectl", "--lease", "cluster", "--socket", PathOf("sock")])).Exit);
    }

    [ClientFact("kubectl")]
    public async Task Kubectl_calls_its_cluster_with_the_leases_token_and_says_so_when_it_is_revoked()
    {
        await using var sidecar = await StartAsync(Configured());
        await using var cluster = await ClusterStandIn.StartAsync(PathOf("ca.pem"));
        var words = string.Join(", ", Client.Sidecar[1..].Append("kubectl").Append("--lease").Append("cluster").Append("--socket").Append(PathOf("sock")).Select(word => $"'{word}'"));
        File.WriteAllText(PathOf("kubeconfig"), $$"""
            apiVersion: v1
            kind: Config
            current-context: it
            contexts: [{ name: it, context: { cluster: it, user: deployer } }]
            clusters: [{ name: it, cluster: { server: "{{cluster.Address}}", certificate-authority: {{PathOf("ca.pem")}} } }]
            users: [{ name: deployer, user: { exec: { apiVersion: client.authentication.k8s.io/v1, command: {{Client.Sidecar[0]}}, args: [{{words}}], interactiveMode: Never } } }]
            """);
        var environment = new Dictionary<string, string> { ["KUBECONFIG"] = PathOf("kubeconfig"), ["HOME"] = Path.GetDirectoryName(PathOf("token"))! };
        var ran = await Client.RunAsync(environment, "kubectl", "get", "--raw", "/version");
        Assert.True(ran.Exit == 0, ran.ToString());
        Assert.StartsWith("Bearer kube.token.", cluster.Authorization, StringComparison.Ordinal);
        Broker.End(Broker.Live.Single(lease => lease.Template.Name == "cluster").Id, "revoked");
        await UntilAsync(() => !sidecar.Leases.AreAllHeld);
        var refused = await Client.RunAsync(environment, "kubectl", "get", "--raw", "/version");
        Assert.NotEqual(0, refused.Exit);
        Assert.Contains(ReasonCodes.LeaseOver, refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Git_is_answered_for_the_one_host_and_over_nothing_in_the_clear()
    {
        await using var sidecar = await StartAsync(Configured());
        var got = await HelpAsync("protocol=https\nhost=github.com\npath=org/repo.git\n\n", "git", "--lease", "github", "get");
        Assert.Matches("^username=x-access-token\npassword=ghs_token[0-9]+\npassword_expiry_utc=[0-9]+\n$", got.Out);
        foreach (var other in new[] { "protocol=https\nhost=evil.example\n\n", "protocol=http\nhost=github.com\n\n", "host=github.com\n\n", "\n" }) Assert.Equal("", (await HelpAsync(other, "git", "--lease", "github", "get")).Out);
        foreach (var action in new[] { "store", "erase", "other" }) Assert.Equal((0, ""), await HelpAsync("protocol=https\nhost=github.com\n\n", "git", "--lease", "github", action) is var none ? (none.Exit, none.Out) : default);
        Broker.End(Broker.Live.Single(lease => lease.Template.Name == "github").Id, "revoked");
        await UntilAsync(() => !sidecar.Leases.AreAllHeld);
        var refused = await HelpAsync("protocol=https\nhost=github.com\n\n", "git", "--lease", "github", "get");
        Assert.Equal((3, "quit=1\n"), (refused.Exit, refused.Out));
        Assert.Contains(ReasonCodes.LeaseOver, refused.Error, StringComparison.Ordinal);
    }

    [ClientFact("/usr/bin/git")]
    public async Task Git_clones_and_pushes_over_smart_HTTP_with_the_leases_token_and_stops_when_it_is_revoked()
    {
        await using var sidecar = await StartAsync(Configured());
        await using var server = await GitServer.StartAsync(PathOf("repositories"), "x-access-token", secret => secret.StartsWith("ghs_token", StringComparison.Ordinal));
        var environment = new Dictionary<string, string>
        {
            ["HOME"] = PathOf("home"), ["GIT_TERMINAL_PROMPT"] = "0", ["GIT_CONFIG_COUNT"] = "4", ["GIT_CONFIG_KEY_0"] = "credential.helper", ["GIT_CONFIG_VALUE_0"] = $"!{string.Join(' ', Client.Sidecar)} git --lease github --host {server.Host} --socket {PathOf("sock")}",
            ["GIT_CONFIG_KEY_1"] = "user.email", ["GIT_CONFIG_VALUE_1"] = "a@b.test", ["GIT_CONFIG_KEY_2"] = "user.name", ["GIT_CONFIG_VALUE_2"] = "a", ["GIT_CONFIG_KEY_3"] = "init.defaultBranch", ["GIT_CONFIG_VALUE_3"] = "main",
        };
        var script = $"set -e; git clone -q http://{server.Host}/repo.git {PathOf("clone")}; cd {PathOf("clone")}; echo a > a; git add a; git commit -qm a; git push -q origin HEAD:main; git ls-remote origin";
        var ran = await Client.RunAsync(environment, "sh", "-c", script);
        Assert.True(ran.Exit == 0 && ran.Out.Contains("refs/heads/main", StringComparison.Ordinal), ran.ToString());
        Broker.End(Broker.Live.Single(lease => lease.Template.Name == "github").Id, "revoked");
        await UntilAsync(() => !sidecar.Leases.AreAllHeld);
        var refused = await Client.RunAsync(environment, "git", "-C", PathOf("clone"), "ls-remote", "origin");
        Assert.NotEqual(0, refused.Exit);
        Assert.Contains(ReasonCodes.LeaseOver, refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_sidecar_a_helper_says_so()
    {
        var ran = await HelpAsync("", "aws", "--lease", "aws");
        Assert.Equal(4, ran.Exit);
        Assert.Contains("no sidecar answers", ran.Error, StringComparison.Ordinal);
    }

    private Task<Client> HelpAsync(string input, params string[] arguments) => Client.RunAsync(new Dictionary<string, string> { ["CREDBROKER_SIDECAR_SOCKET"] = PathOf("sock") }, input, [.. Client.Sidecar, .. arguments]);

    private Sidecar.Configuration.SidecarOptions Configured()
    {
        var options = Options("github", "cluster");
        options.FrontEnds.Local = new LocalOptions { Socket = PathOf("sock") };
        return options;
    }
}
