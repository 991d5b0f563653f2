using System.Diagnostics;
using CredentialBroker.Protocol;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.Exec;

/// <summary>The program of this build, with a child of its own.</summary>
public sealed class ExecTests : Rig
{
    [Fact]
    public async Task R24_The_child_runs_with_a_lease_that_ends_when_it_exits_and_its_exit_code_is_passed_on()
    {
        var ran = await ExecAsync(["--template", "orders"], "sh", "-c", "cat $PGSERVICEFILE $PGPASSFILE; echo $PGSERVICE; exit 7");
        Assert.True(ran.Exit == 7, ran.ToString());
        Assert.Contains("[orders]\nhost=db.test\n", ran.Out, StringComparison.Ordinal);
        Assert.Contains(":cb-broker-1:", ran.Out, StringComparison.Ordinal);
        Assert.EndsWith("\norders\n", ran.Out, StringComparison.Ordinal);
        Assert.Equal("ending", Assert.Single(Broker.Leases.Values).State);
    }

    [Fact]
    public async Task R53_No_secret_is_in_the_environment_unless_asked_for_in_so_many_words()
    {
        var silent = await ExecAsync(["--template", "orders", "--template", "aws"], "sh", "-c", "env; cat /proc/self/environ");
        Assert.Equal(0, silent.Exit);
        Assert.DoesNotContain("pass:word", silent.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-key", silent.Out, StringComparison.Ordinal);
        Assert.Contains("AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:", silent.Out, StringComparison.Ordinal);
        var refused = await ExecAsync(["--template", "orders", "--env", "DB_PASSWORD=password"], "touch", PathOf("ran"));
        Assert.Equal(3, refused.Exit);
        Assert.Matches("template 'orders' does not let .*CREDBROKER_CREDENTIALS/orders.json.*delivery: { env: accepted }", refused.Error);
        Assert.False(File.Exists(PathOf("ran")));
        Broker.Templates["orders"] = The.Orders with { EnvAccepted = true };
        var asked = await ExecAsync(["--template", "orders", "--env", "DB_PASSWORD=password", "--env", "U=orders.username"], "sh", "-c", "printf '%s %s\\n' $U \"$DB_PASSWORD\"");
        Assert.Matches(@"^cb-broker-[0-9]+ pass:word\\[0-9]+\n$", asked.Out);
    }

    [Fact]
    public async Task R25_Files_are_in_memory_the_owners_alone_and_gone_afterwards()
    {
        var ran = await ExecAsync(["--template", "secret"], "sh", "-c", "stat -c '%a %n' $CREDBROKER_CREDENTIALS $CREDBROKER_CREDENTIALS/secret.json; stat -f -c %T $CREDBROKER_CREDENTIALS; cat $CREDBROKER_CREDENTIALS/secret.json");
        var lines = ran.Out.Split('\n');
        Assert.StartsWith("700 ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("400 ", lines[1], StringComparison.Ordinal);
        Assert.Equal("tmpfs", lines[2]);
        Assert.Equal("""{"username":"v-user-1","password":"v-pass-1"}""", lines[3]);
        Assert.False(Directory.Exists(lines[0][4..]));
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("HUP")]
    [InlineData("USR1")]
    [InlineData("INT")]
    public async Task Signals_reach_the_child_and_its_leases_end_after_it(string signal)
    {
        // Whoever runs the tests in the background may ignore INT, which those he starts inherit and no shell can trap.
        using var running = Client.Start(Environment(), ["env", "--default-signal", .. Client.Sidecar, "exec", "--template", "aws", "--", "bash", "-c", $"trap 'echo got; exit 5' {signal}; echo ready; while :; do sleep 0.05; done"]);
        Assert.Equal("ready", await running.StandardOutput.ReadLineAsync());
        using (Process.Start("kill", [$"-{signal}", running.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
        {
        }

        var ended = await Client.EndAsync(running);
        Assert.Equal((5, "got\n"), (ended.Exit, ended.Out));
        Assert.Empty(Broker.Live);
    }

    [Fact]
    public async Task A_child_that_is_killed_and_one_that_cannot_start_are_told_as_a_shell_does()
    {
        Assert.Equal(137, (await ExecAsync(["--template", "aws"], "sh", "-c", "kill -9 $$")).Exit);
        Assert.Equal(127, (await ExecAsync(["--template", "aws"], "/nonexistent/program")).Exit);
        Assert.Equal(126, (await ExecAsync(["--template", "aws"], PathOf("token"))).Exit);
        Assert.Empty(Broker.Live);
    }

    [Fact]
    public async Task R12_Without_an_approval_nothing_runs()
    {
        Broker.Approved = false;
        var ran = await ExecAsync(["--template", "aws"], "touch", PathOf("ran"));
        Assert.Equal(3, ran.Exit);
        Assert.Contains(ReasonCodes.NoApproval, ran.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(PathOf("ran")));
    }

    [Fact]
    public async Task R12_It_waits_for_the_approval_where_it_is_told_to()
    {
        Broker.Approved = false;
        using var running = Client.Start(Environment(), [.. Client.Sidecar, "exec", "--template", "aws", "--wait", "1m", "--", "echo", "ran"]);
        await UntilAsync(() => !Broker.Requests.IsEmpty);
        Broker.Approved = true;
        Assert.Equal((0, "ran\n"), await Client.EndAsync(running) is var ended ? (ended.Exit, ended.Out) : default);
    }

    [Fact]
    public async Task A_broker_that_is_away_and_a_wrong_command_line_have_exit_codes_of_their_own()
    {
        Assert.Equal(2, (await ExecAsync([], "true")).Exit);
        Assert.Equal(2, (await ExecAsync(["--template", "aws", "--addr", "http://broker.example"], "true")).Exit);
        Assert.Equal(2, (await ExecAsync(["--template", "aws", "--env", "X=nonsense"], "true")).Exit);
        Broker.Down = true;
        Assert.Equal(4, (await ExecAsync(["--template", "aws"], "true")).Exit);
    }

    [Fact]
    public async Task R24_The_work_tells_that_it_is_done()
    {
        var sidecar = string.Join(' ', Client.Sidecar);
        var ran = await ExecAsync(["--template", "aws"], "sh", "-c", $"trap 'exit 9' TERM; {sidecar} ready && {sidecar} quit; while :; do sleep 0.05; done");
        Assert.True(ran.Exit == 9, ran.ToString());
        Assert.Empty(Broker.Live);
    }

    [ClientFact("kubectl")]
    public async Task Kubectl_and_git_find_their_way_by_what_the_environment_names()
    {
        await using var cluster = await ClusterStandIn.StartAsync(PathOf("ca.pem"));
        await using var git = await GitServer.StartAsync(PathOf("repositories"), "x-access-token", secret => secret.StartsWith("ghs_token", StringComparison.Ordinal));
        Broker.Templates["cluster"] = The.Kubernetes with { Members = n => new(The.Kubernetes.Members(n)) { ["server"] = cluster.Address, ["certificateAuthority"] = File.ReadAllText(PathOf("ca.pem")) } };
        Broker.Templates["github"] = The.GitHub with { Members = n => new(The.GitHub.Members(n)) { ["api"] = $"http://{git.Host}/" } };
        var ran = await ExecAsync(["--template", "cluster", "--template", "github"], "sh", "-c", $"kubectl get --raw /version && stat -c %a $KUBECONFIG && cat $KUBECONFIG && git ls-remote http://{git.Host}/repo.git && echo $KUBECONFIG");
        Assert.True(ran.Exit == 0, ran.ToString());
        Assert.Contains("v1.32.0", ran.Out, StringComparison.Ordinal);
        Assert.Matches("400\n", ran.Out);
        Assert.DoesNotContain("kube.token", ran.Out, StringComparison.Ordinal);
        Assert.StartsWith("Bearer kube.token.", cluster.Authorization, StringComparison.Ordinal);
        Assert.StartsWith("ghs_token", git.Secret, StringComparison.Ordinal);
        Assert.False(File.Exists(ran.Out.Trim().Split('\n')[^1]));
    }

    [Fact]
    public async Task The_memory_of_the_sidecar_is_closed_to_others()
    {
        var ran = await ExecAsync(["--template", "aws"], "sh", "-c", "stat -c %U /proc/$PPID/mem; cat /proc/$PPID/limits | grep 'core file'; ls /tmp/dotnet-diagnostic-$PPID-* 2>/dev/null; true");
        Assert.Matches("Max core file size +0 +0", ran.Out);
        Assert.DoesNotContain("dotnet-diagnostic", ran.Out, StringComparison.Ordinal);
    }

    private Dictionary<string, string> Environment() => new()
    {
        ["CREDBROKER_ADDR"] = Broker.Address.ToString(), ["CREDBROKER_TOKEN_FILE"] = PathOf("token"), ["XDG_RUNTIME_DIR"] = Path.GetDirectoryName(PathOf("token"))!,
    };

    private Task<Client> ExecAsync(string[] options, params string[] command) => Client.RunAsync(Environment(), [.. Client.Sidecar, "exec", .. options, "--", .. command]);
}
