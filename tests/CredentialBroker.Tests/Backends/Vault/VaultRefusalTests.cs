using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Backends.Vault;

/// <summary>A Vault that is down, sealed, slow, or does not behave.</summary>
public sealed class VaultRefusalTests
{
    [Theory]
    [InlineData("sealed", "sealed")]
    [InlineData("standby", "redirect")]
    [InlineData("limited", "rate limit")]
    [InlineData("hanging", "in time")]
    [InlineData("huge", "cannot be reached")]
    [InlineData("twice", "strict JSON")]
    [InlineData("page", "strict JSON")]
    [InlineData("internal", "status 500")]
    public async Task A_Vault_that_cannot_answer_is_unavailable_and_its_words_stay_out(string state, string said)
    {
        await using var rig = await VaultRig.StartAsync();
        rig.Connect(rig.Target with { RequestTimeout = TimeSpan.FromSeconds(1) });
        var order = rig.Order();
        var handle = await rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default);
        var standIn = rig.StandIn!;
        (standIn.Sealed, standIn.Standby, standIn.RateLimited) = (state == "sealed", state == "standby", state == "limited");
        if (state == "hanging") standIn.Hanging[rig.Path] = true;
        if (state == "huge") standIn.Instead[rig.Path] = (200, "application/json", "{\"data\":{\"password\":\"" + new string('x', 300_000) + "\"}}");
        if (state == "twice") standIn.Instead[rig.Path] = (200, "application/json", """{"data":{"password":"hunter2"},"data":{}}""");
        if (state == "page") standIn.Instead[rig.Path] = (200, "text/html", "<p>hunter2</p>");
        if (state == "internal") standIn.Instead[rig.Path] = (500, "application/json", """{"errors":["dial hunter2"]}""");
        var before = standIn.Asked.Count;
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        Assert.Equal((ReasonCodes.TargetUnavailable, true), (failed.Code, failed.Transient));
        Assert.Contains(said, failed.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", failed.ToString(), StringComparison.Ordinal);
        // Reading is never asked twice.
        Assert.Equal(before + 1, standIn.Asked.Count);
    }

    [Fact]
    public async Task One_hanging_Vault_is_left_alone_and_the_others_do_not_notice()
    {
        await using var rig = await VaultRig.StartAsync();
        await using var silent = await VaultRig.StartAsync();
        silent.StandIn!.Hanging[$"auth/approle-{silent.Suffix}/login"] = true;
        using var connections = new VaultConnections(
            new Dictionary<string, VaultTarget> { [VaultRig.TargetName] = rig.Target, ["silent"] = silent.Target with { RequestTimeout = TimeSpan.FromSeconds(1) } }, rig.Rings, rig.Clock);
        using var meters = new Meters();
        using var guarded = new GuardedBackend(new VaultBackend(rig.Suffix, connections, rig.Clock), _ => new GateLimits(16, 16), new BackendMetrics(meters), TimeProvider.System);

        async Task<string> PrepareAsync(string target)
        {
            var order = rig.Order(grant: rig.Grant() with { Target = target });
            try
            {
                await guarded.PrepareAsync(guarded.Plan(order), order, default);
                return "ok";
            }
            catch (BackendException error)
            {
                return error.Code;
            }
        }

        var waiting = Enumerable.Range(0, Circuit.FaultsToOpen).Select(_ => PrepareAsync("silent")).ToList();
        Assert.Equal("ok", await PrepareAsync(VaultRig.TargetName));
        Assert.All(await Task.WhenAll(waiting), code => Assert.Equal(ReasonCodes.TargetUnavailable, code));
        Assert.Equal([(VaultRig.TargetName, false), ("silent", true)], guarded.States.Select(state => (state.Target, state.MintingOpen)).OrderBy(state => state.Target));
        var asked = silent.StandIn.Asked.Count;
        Assert.Equal(ReasonCodes.TargetUnavailable, await PrepareAsync("silent"));
        Assert.Equal(asked, silent.StandIn.Asked.Count);
        Assert.Equal("ok", await PrepareAsync(VaultRig.TargetName));
    }
}
