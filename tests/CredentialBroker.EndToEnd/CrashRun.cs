using System.Diagnostics;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>
/// One broker on one store, killed at one point after another: each start finds what the kill before it left, and is the
/// next to be killed. After the last one nothing may be left at the target that no live lease is for, and no lease lost.
/// </summary>
internal sealed class CrashRun : IAsyncDisposable
{
    /// <summary>A safety net: the bar is a minute after an operation's deadline.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Brokers that start, or work towards their end, at once; those that wait for deadlines are not counted.</summary>
    private static readonly SemaphoreSlim Busy = new(3);

    private readonly CrashScene _scene;
    private readonly SceneFolder _folder = new();
    private readonly int _port = LoopbackPorts.FindFree();
    private readonly Dictionary<string, string> _leases = [];

    private CrashRun(CrashScene scene)
    {
        _scene = scene;
        _folder.Write(_port, scene.Store, configuration => scene.Configure(configuration, _folder));
    }

    public static Task IssuingAsync(CrashScene scene, Func<BrokerProcess, Task>? then = null) => RunAsync(scene, CrashPoints.WhileIssuing, restsBetween: false, async doomed =>
    {
        await doomed.KillAsync(() => doomed.Broker.Scene.ClaimAsync(doomed.Token, "orders"));
        return null;
    }, then);

    public static Task RenewingAsync(CrashScene scene, Func<BrokerProcess, Task>? then = null) => RunAsync(scene, CrashPoints.WhileRenewing, restsBetween: false, async doomed =>
    {
        var lease = await doomed.ClaimedAsync();
        await doomed.KillAsync(() => doomed.Broker.Scene.RenewAsync(doomed.Token, lease));
        return lease;
    }, then);

    public static Task EndingAsync(CrashScene scene, Func<BrokerProcess, Task>? then = null) => RunAsync(scene, CrashPoints.WhileEnding, restsBetween: true, async doomed =>
    {
        var lease = await doomed.ClaimedAsync();
        await doomed.KillAsync(() => doomed.Broker.Scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{lease}", doomed.Token));
        return lease;
    }, then);

    /// <param name="restsBetween">Whether what one kill left is cleared away before the next, for points that clearing away passes itself.</param>
    /// <param name="scenario">Leads to the kill; returns the lease that it worked with, where there is one.</param>
    /// <param name="then">What must hold in the end beside that.</param>
    public static async Task RunAsync(CrashScene scene, string[] points, bool restsBetween, Func<Doomed, Task<string?>> scenario, Func<BrokerProcess, Task>? then = null)
    {
        await using var run = new CrashRun(scene);
        for (var i = 0; i < points.Length; i++) await run.KillAsync(i, points[i], restsBetween && i > 0, scenario);
        await using var last = await run.StartAsync();
        await run.RestAsync(last, points[^1]);
        foreach (var (point, lease) in run._leases) Assert.True((await last.Scene.LeaseAsync(lease)).TryGetProperty("state", out _), $"{point}: lease {lease} is lost");
        if (then is not null) await then(last);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task KillAsync(int number, string point, bool rests, Func<Doomed, Task<string?>> scenario)
    {
        await using var broker = await StartAsync();
        if (rests) await RestAsync(broker, point);
        await Busy.WaitAsync();
        try
        {
            await _scene.Ready();
            if (number == 0 || _scene.Template(number) != _scene.Template(number - 1)) await broker.Scene.ActivateAsync(_scene.Template(number));
            var pod = $"pod-{point.Replace('.', '-')}";
            await broker.Scene.ApproveAsync(broker.Scene.ApprovalOf(pod, "orders", ("maxUses", 50)));
            if (await scenario(new Doomed(broker, point, broker.Scene.Token(pod))) is { } lease) _leases[point] = lease;
        }
        finally
        {
            Busy.Release();
        }
    }

    private async Task<BrokerProcess> StartAsync()
    {
        await Busy.WaitAsync();
        try
        {
            return await BrokerProcess.StartAsync(_folder, _port, mortal: true);
        }
        finally
        {
            Busy.Release();
        }
    }

    /// <summary>Whatever stands at the target is for a lease that is active, and no lease is left half done.</summary>
    private async Task RestAsync(BrokerProcess broker, string point)
    {
        for (var since = Stopwatch.StartNew(); ; await Task.Delay(250))
        {
            var leases = (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/leases")).Json.GetProperty("leases").EnumerateArray().ToList();
            var live = leases.Where(lease => lease.GetProperty("state").GetString() == "active").Select(lease => lease.GetProperty("id").GetString()!).ToHashSet();
            var there = await _scene.AtTarget();
            if (there.All(live.Contains) && leases.All(lease => lease.GetProperty("state").GetString() is "active" or "ended")) return;
            Assert.True(
                since.Elapsed < Patience, $"{point}: there for leases that are not live: {string.Join(", ", there.Where(id => !live.Contains(id)))}; {leases.Count} leases: {string.Join(", ", leases)}\n{broker.Said}");
        }
    }
}
