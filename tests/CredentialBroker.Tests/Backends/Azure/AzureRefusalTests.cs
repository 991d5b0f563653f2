using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Backends.Azure;

/// <summary>Entra, Graph or Resource Manager that is down, slow, or does not behave.</summary>
public sealed class AzureRefusalTests
{
    private static readonly string[] States = ["hanging", "huge", "page", "redirect", "internal", "limited", "duplicate"];

    public static TheoryData<string, string, string> Cases
    {
        get
        {
            var all = new TheoryData<string, string, string>();
            foreach (var state in States)
            {
                all.Add(AzureGrant.AccessToken, "/token", state);
                all.Add(AzureGrant.ServicePrincipalSecret, "/addPassword", state);
                all.Add(AzureGrant.RoleAssignment, "PUT", state);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_cannot_answer_makes_nothing_that_is_handed_out_is_asked_once_and_its_words_stay_out(string mode, string at, string state)
    {
        await using var rig = await AzureRig.StartAsync();
        rig.Connect(rig.Target with { RequestTimeout = TimeSpan.FromSeconds(1) });
        var order = rig.Order(rig.Grant(mode));
        var handle = rig.Backend.Plan(order);
        var end = at == "PUT" ? Handle.Find(handle, "assignment")! : at;
        // The broker's own login is not what is tried here.
        if (mode != AzureGrant.AccessToken) await rig.Backend.ProbeAsync(handle, default);
        void Answer(int status, string type, string body) => rig.StandIn.InsteadOnly[end] = (at == "PUT" ? "PUT" : "POST", status, type, body);
        if (state == "hanging") rig.StandIn.HangingOnly[end] = at == "PUT" ? "PUT" : "POST";
        if (state == "huge") Answer(200, "application/json", "{\"x\":\"hunter2" + new string('x', 300_000) + "\"}");
        if (state == "page") Answer(200, "text/html", "<p>hunter2</p>");
        if (state == "redirect") Answer(307, "text/html", "hunter2");
        if (state == "internal") Answer(500, "application/json", """{"error":{"code":"hunter2 and more","message":"hunter2"}}""");
        if (state == "limited") Answer(429, "application/json", """{"error":{"code":"TooManyRequests","message":"hunter2"}}""");
        if (state == "duplicate") Answer(200, "application/json", """{"secretText":"hunter2","secretText":"hunter2","id":"x","id":"y"}""");
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        Assert.Contains(failed.Code, new[] { ReasonCodes.TargetUnavailable, ReasonCodes.MintFailed });
        if (state is "hanging" or "redirect" or "internal" or "limited") Assert.Equal((ReasonCodes.TargetUnavailable, true), (failed.Code, failed.Transient));
        Assert.DoesNotContain("hunter2", failed.Message, StringComparison.Ordinal);
        Assert.Single(rig.StandIn.Asked, asked => asked.StartsWith(at == "PUT" ? "PUT " : "POST ", StringComparison.Ordinal) && asked.EndsWith(end, StringComparison.Ordinal));
        Assert.DoesNotContain(rig.StandIn.Asked, asked => asked.Contains("elsewhere", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_hanging_tenant_is_left_alone_and_the_others_do_not_notice()
    {
        await using var rig = await AzureRig.StartAsync();
        await using var silent = await AzureRig.StartAsync();
        silent.StandIn.Hanging["/token"] = true;
        using var connections = new AzureConnections(
            new Dictionary<string, AzureTarget> { [AzureRig.TargetName] = rig.Target, ["silent"] = silent.Target with { RequestTimeout = TimeSpan.FromSeconds(1) } }, rig.Rings, rig.Clock, TimeProvider.System);
        using var meters = new Meters();
        using var guarded = new GuardedBackend(new AzureBackend(rig.BrokerId, connections, rig.Clock), _ => new GateLimits(16, 16), new BackendMetrics(meters), TimeProvider.System);

        async Task<string> MintAsync(string target)
        {
            var order = rig.Order(rig.Grant(AzureGrant.AccessToken) with { Target = target });
            try
            {
                await guarded.MintAsync(guarded.Plan(order), order, default);
                return "ok";
            }
            catch (BackendException error)
            {
                return error.Code;
            }
        }

        var waiting = Enumerable.Range(0, Circuit.FaultsToOpen).Select(_ => MintAsync("silent")).ToList();
        Assert.Equal("ok", await MintAsync(AzureRig.TargetName));
        Assert.All(await Task.WhenAll(waiting), code => Assert.Equal(ReasonCodes.TargetUnavailable, code));
        Assert.Equal([(AzureRig.TargetName, false), ("silent", true)], guarded.States.Select(state => (state.Target, state.MintingOpen)).OrderBy(state => state.Target));
        Assert.Equal("ok", await MintAsync(AzureRig.TargetName));
    }

    [Fact]
    public async Task A_server_that_another_authority_vouches_for_gets_nothing()
    {
        await using var rig = await AzureRig.StartAsync();
        await using var other = await AzureRig.StartAsync();
        rig.Connect(rig.Target with { RootCertificateFile = other.StandIn.RootCertificateFile });
        Assert.Equal(ReasonCodes.TargetUnavailable, (await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync(AzureGrant.AccessToken))).Code);
        Assert.Empty(rig.StandIn.Asked);
    }
}
