using System.Security.Cryptography;

namespace CredentialBroker.Backends.Gcp;

/// <summary>The broker's own login without federation: a key that was accepted, and one that only lies around.</summary>
public sealed class GcpLoginTests : IDisposable
{
    private readonly RSA _key = RSA.Create(2048);
    private string _file = "";

    [Fact]
    public async Task A_key_file_that_was_accepted_impersonates_and_is_asked_for_one_token_by_two_leases()
    {
        await using var rig = await StartAsync();
        rig.Connect(rig.Target with { Login = new GcpLogin { Method = GcpLogin.KeyFile, ServiceAccountKeyFile = _file, AllowStaticKey = true } });
        for (var i = 0; i < 2; i++)
        {
            var (minted, _) = await rig.MintAsync(rig.Grant(GcpGrant.Impersonated));
            Assert.True(await rig.ListsAsync(minted.Secret));
        }

        Assert.Single(rig.StandIn.Asked, asked => asked == "POST /token");
        Assert.Empty(rig.StandIn.State.Sts.Subjects);
    }

    [Theory]
    [InlineData(302)]
    [InlineData(503)]
    public async Task A_login_that_fails_is_asked_once_and_says_nothing_of_the_key(int status)
    {
        await using var rig = await StartAsync();
        rig.Connect(rig.Target with { Login = new GcpLogin { Method = GcpLogin.KeyFile, ServiceAccountKeyFile = _file, AllowStaticKey = true } });
        rig.StandIn.Instead["/token"] = (status, "application/json", """{"error":"hunter2"}""");
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync(rig.Grant(GcpGrant.Impersonated)));
        Assert.Equal((Protocol.ReasonCodes.TargetUnavailable, true), (failed.Code, failed.Transient));
        Assert.DoesNotContain("hunter2", failed.Message, StringComparison.Ordinal);
        Assert.Equal("POST /token", Assert.Single(rig.StandIn.Asked));
    }

    /// <summary>The SDK looks for it in the environment, and remembers what it found: the one test that sets it.</summary>
    [Fact]
    public async Task A_key_that_the_default_login_finds_was_accepted_by_nobody()
    {
        await using var rig = await StartAsync();
        rig.Connect(rig.Target with { Login = new GcpLogin { Method = GcpLogin.Default } });
        Environment.SetEnvironmentVariable("GOOGLE_APPLICATION_CREDENTIALS", _file);
        try
        {
            var failed = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync(rig.Grant(GcpGrant.Impersonated)));
            Assert.Contains("standing secret", failed.Detail, StringComparison.Ordinal);
            Assert.Empty(rig.StandIn.Asked);
        }
        finally
        {
            Environment.SetEnvironmentVariable("GOOGLE_APPLICATION_CREDENTIALS", null);
        }
    }

    public void Dispose()
    {
        _key.Dispose();
        if (_file.Length > 0) File.Delete(_file);
    }

    private async Task<GcpRig> StartAsync()
    {
        var rig = await GcpRig.StartAsync();
        _file = rig.KeyFile(_key);
        return rig;
    }
}
