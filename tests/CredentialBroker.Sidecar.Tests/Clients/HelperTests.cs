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
