using CredentialBroker.Protocol;
using CredentialBroker.Sidecar.FrontEnds.Local;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.FrontEnds;

public sealed class LocalTests : Rig
{
    [Fact]
    public async Task Credentials_leases_and_readiness_are_told()
    {
        await using var sidecar = await StartAsync(Configured("orders", "aws"));
        using var caller = new Caller(PathOf("sock"));
        var reply = await caller.GetAsync("/v1/credentials/orders");
        Assert.Equal(("postgres", "orders"), (reply.Text("backend"), reply.Text("template")));
        Assert.Equal("cb-broker-", reply.Json.GetProperty("credential").GetProperty("username").GetString()![..10]);
        var list = await caller.GetAsync("/v1/leases");
        Assert.Equal(2, list.Json.GetProperty("leases").GetArrayLength());
        Assert.DoesNotContain("secret-key", list.Body, StringComparison.Ordinal);
        Assert.Equal(200, (await caller.GetAsync("/healthz/ready")).Status);
        Assert.Equal(404, (await caller.GetAsync("/v1/credentials/other")).Status);
        Assert.Equal(403, (await caller.GetAsync("/v1/leases", ("Host", "evil.example"))).Status);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(PathOf("sock")));
    }

    [Fact]
    public async Task R12_It_is_not_ready_before_the_workload_is_approved()
    {
        Broker.Approved = false;
        await using var sidecar = await StartAsync(Configured("aws"), held: false);
        using var caller = new Caller(PathOf("sock"));
        await UntilAsync(() => Log.ToString().Contains(ReasonCodes.NoApproval, StringComparison.Ordinal));
        Assert.Equal(503, (await caller.GetAsync("/healthz/ready")).Status);
        Assert.Equal((403, ReasonCodes.NoApproval), ((await caller.GetAsync("/v1/credentials/aws")) is var reply ? (reply.Status, reply.Text("code")) : default));
        Broker.Approved = true;
        await UntilAsync(() => sidecar.Leases.AreAllHeld);
        Assert.Equal(200, (await caller.GetAsync("/healthz/ready")).Status);
    }

    [Fact]
    public async Task R24_A_job_ends_it_when_its_work_is_done()
    {
        var sidecar = await StartAsync(Configured("aws"));
        using (var caller = new Caller(PathOf("sock"))) Assert.Equal(202, (await caller.SendAsync(HttpMethod.Post, "/v1/quit", null)).Status);
        Assert.True(sidecar.Quit.IsCancellationRequested);
        await sidecar.DisposeAsync();
        Assert.Empty(Broker.Live);
        Assert.False(File.Exists(PathOf("sock")));
    }

    [Fact]
    public async Task A_socket_left_behind_is_no_obstacle_and_a_living_one_is()
    {
        File.WriteAllText(PathOf("sock"), "");
        await using var first = await StartAsync(Configured("aws"));
        var second = await Assert.ThrowsAsync<CommandException>(() => StartAsync(Configured("aws")));
        Assert.Contains("another sidecar listens", second.Message, StringComparison.Ordinal);
    }

    private Sidecar.Configuration.SidecarOptions Configured(params string[] templates)
    {
        var options = Options(templates);
        options.FrontEnds.Local = new LocalOptions { Socket = PathOf("sock") };
        return options;
    }
}
