using CredentialBroker.Protocol;
using CredentialBroker.Sidecar.FrontEnds.AwsContainer;
using CredentialBroker.Sidecar.Hosting;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.FrontEnds;

public sealed class AwsContainerTests : Rig
{
    private string Token => File.ReadAllText(PathOf("aws-token"));

    [Fact]
    public async Task The_session_is_spelled_as_the_SDKs_read_it()
    {
        await using var sidecar = await StartAsync(Configured());
        using var caller = Of(sidecar);
        var reply = await caller.GetAsync("/v1/credentials", ("Authorization", Token));
        Assert.Equal((200, "application/json"), (reply.Status, reply.ContentType));
        Assert.Equal(["AccessKeyId", "SecretAccessKey", "Token", "Expiration"], reply.Json.EnumerateObject().Select(m => m.Name));
        Assert.Equal(("ASIAEXAMPLE1", "secret-key-1", "session-token-1"), (reply.Text("AccessKeyId"), reply.Text("SecretAccessKey"), reply.Text("Token")));
        Assert.InRange(DateTimeOffset.Parse(reply.Text("Expiration")!, null), Clock.GetUtcNow().AddMinutes(9), Clock.GetUtcNow().AddMinutes(10));
        Assert.Equal("no-store", reply.Headers["Cache-Control"]);
        for (var i = 0; i < 50; i++) await caller.GetAsync("/v1/credentials", ("Authorization", Token));
        Assert.Equal(1, Broker.Minted);
    }

    [Fact]
    public async Task Whoever_does_not_show_the_token_gets_nothing()
    {
        await using var sidecar = await StartAsync(Configured());
        using var caller = Of(sidecar);
        foreach (var headers in new (string, string)[][] { [], [("Authorization", "wrong")], [("Authorization", Token + "x")], [("Authorization", Token), ("Authorization", "x")], [("Authorization", $"Bearer {Token}")] })
        {
            var reply = await caller.GetAsync("/v1/credentials", headers);
            Assert.Equal(401, reply.Status);
            Assert.Equal("AccessDenied", reply.Text("code"));
        }

        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(PathOf("aws-token")));
    }

    [Fact]
    public async Task A_client_that_read_the_token_once_goes_on_after_a_restart()
    {
        await using (await StartAsync(Configured()))
        {
        }

        var before = Token;
        await using var again = await StartAsync(Configured());
        Assert.Equal(before, Token);
        using var caller = Of(again);
        Assert.Equal(200, (await caller.GetAsync("/v1/credentials", ("Authorization", before))).Status);
    }

    [Fact]
    public async Task A_token_file_that_others_can_read_is_not_believed()
    {
        File.WriteAllText(PathOf("aws-token"), new string('a', 43));
        await using var sidecar = await StartAsync(Configured());
        Assert.NotEqual(new string('a', 43), Token);
    }

    [Theory]
    [InlineData("revoked", 403, ReasonCodes.LeaseOver)]
    [InlineData("never", 503, ReasonCodes.ApprovalNotConfirmed)]
    [InlineData("denied", 403, ReasonCodes.NoApproval)]
    public async Task Where_nothing_is_held_the_refusal_says_why(string case_, int status, string code)
    {
        if (case_ == "never") Broker.Refuses = code;
        if (case_ == "denied") Broker.Approved = false;
        await using var sidecar = await StartAsync(Configured(), held: case_ == "revoked");
        if (case_ == "revoked") Broker.End(Broker.Live.Single().Id, "revoked");
        using var caller = Of(sidecar);
        Reply reply = await caller.GetAsync("/v1/credentials", ("Authorization", Token));
        await UntilAsync(() => (reply = caller.GetAsync("/v1/credentials", ("Authorization", Token)).Result).Text("code") == code);
        Assert.Equal((status, "application/json"), (reply.Status, reply.ContentType));
        Assert.Contains("no credential of lease 'aws'", reply.Text("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lease_of_another_kind_is_told_to_be_one()
    {
        var options = Configured();
        options.Leases["aws"].Template = "orders";
        await using var sidecar = await StartAsync(options);
        using var caller = Of(sidecar);
        var reply = await caller.GetAsync("/v1/credentials", ("Authorization", Token));
        Assert.Equal((403, "WrongBackend"), (reply.Status, reply.Text("code")));
    }

    private static Caller Of(RunningSidecar sidecar) => new(FrontEnd<AwsContainerFrontEnd>(sidecar).Port);

    private Sidecar.Configuration.SidecarOptions Configured()
    {
        var options = Options("aws");
        options.FrontEnds.AwsContainer = new AwsContainerOptions { Lease = "aws", Listen = "127.0.0.1:0", TokenFile = PathOf("aws-token") };
        return options;
    }
}
