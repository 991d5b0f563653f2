using System.Collections.Concurrent;
using System.Data.Common;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends;

/// <summary>
/// Stands once around every backend: names it, measures it, keeps foreign error text in, and sends each call through its
/// target's gate. What is made in-process has no target to protect and passes without a gate.
/// </summary>
internal sealed class GuardedBackend(Backend inner, Func<string, GateLimits> limitsOf, BackendMetrics metrics, TimeProvider clock) : Backend, IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<TargetGate>> _gates = new();

    public override string Name => inner.Name;
    public override Revocability Revocability => inner.Revocability;
    public override Revocability RevocabilityOf(Grant grant) => inner.RevocabilityOf(grant);
    public override TimeSpan ExpectedLatency => inner.ExpectedLatency;
    public override TimeSpan ExpectedLatencyOf(Grant grant) => inner.ExpectedLatencyOf(grant);
    public override Renewal Renewal => inner.Renewal;
    public override bool InProcess => inner.InProcess;
    public override bool DiesAtExpiry => inner.DiesAtExpiry;
    public override bool DiesAtExpiryOf(string handle) => inner.DiesAtExpiryOf(handle);
    public override TimeSpan OperationTimeout => inner.OperationTimeout;
    public override TimeSpan SettleTime => inner.SettleTime;
    public override IReadOnlyCollection<string> Targets => inner.Targets;

    /// <summary>Of every configured target; one that was not asked yet has not failed.</summary>
    public IEnumerable<TargetState> States => Targets.Select(target =>
        _gates.TryGetValue(target, out var gate) ? gate.Value.State : new TargetState(Name, target, MintingOpen: false, EndingOpen: false));

    public override Grant? Compile(YamlMappingNode section, Mistakes mistakes) => inner.Compile(section, mistakes);

    public override string Plan(Order order) => inner.Plan(order);

    public override ValueTask<IReadOnlyList<string>> CheckAsync(string target, CancellationToken cancel) =>
        MeasuredAsync("check", ReasonCodes.TargetUnavailable, () => inner.CheckAsync(target, cancel), cancel);

    public override ValueTask<string> PrepareAsync(string handle, Order order, CancellationToken cancel) =>
        MintingAsync("prepare", handle, () => inner.PrepareAsync(handle, order, cancel), cancel);

    public override ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel) =>
        MintingAsync("mint", handle, () => inner.MintAsync(handle, order, cancel), cancel);

    public override ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel) =>
        MintingAsync("renew", handle, () => inner.RenewAsync(handle, order, cancel), cancel);

    public override ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel) =>
        EndingAsync("end", handle, () => inner.EndAsync(handle, cancel), cancel);

    /// <summary>In the ending lane: after an incident the question whether it is dead belongs to ending it.</summary>
    public override ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel) =>
        EndingAsync("probe", handle, () => inner.ProbeAsync(handle, cancel), cancel);

    /// <summary>Like <see cref="ProbeAsync"/>, in the ending lane.</summary>
    public override ValueTask<Probe> UseAsync(Grant grant, Secret secret, CancellationToken cancel) =>
        MeasuredAsync("use", ReasonCodes.TargetUnavailable, () => GateTo(grant.Target).EndingAsync(() => ScrubbedAsync(ReasonCodes.TargetUnavailable, () => inner.UseAsync(grant, secret, cancel), cancel), cancel), cancel);

    public override ValueTask<IReadOnlyList<Ours>> ListAsync(string target, CancellationToken cancel) =>
        MeasuredAsync("list", ReasonCodes.TargetUnavailable, () => GateTo(target).EndingAsync(() => ScrubbedAsync(ReasonCodes.TargetUnavailable, () => inner.ListAsync(target, cancel), cancel), cancel), cancel);

    public void Dispose()
    {
        foreach (var gate in _gates.Values) gate.Value.Dispose();
    }

    private ValueTask<T> MintingAsync<T>(string operation, string handle, Func<ValueTask<T>> work, CancellationToken cancel) =>
        MeasuredAsync(operation, ReasonCodes.MintFailed, InProcess ? work : () => GateOf(handle).MintingAsync(() => ScrubbedAsync(ReasonCodes.MintFailed, work, cancel), cancel), cancel);

    private ValueTask<T> EndingAsync<T>(string operation, string handle, Func<ValueTask<T>> work, CancellationToken cancel) =>
        MeasuredAsync(operation, ReasonCodes.EndFailed, InProcess ? work : () => GateOf(handle).EndingAsync(() => ScrubbedAsync(ReasonCodes.EndFailed, work, cancel), cancel), cancel);

    private TargetGate GateOf(string handle) => GateTo(Handle.TargetOf(Name, handle));

    private TargetGate GateTo(string target) => _gates.GetOrAdd(target, key => new Lazy<TargetGate>(() => new TargetGate(Name, key, limitsOf(key), clock))).Value;

    private async ValueTask<T> MeasuredAsync<T>(string operation, string code, Func<ValueTask<T>> work, CancellationToken cancel)
    {
        using var span = Spans.Operation(Name, operation);
        var began = clock.GetTimestamp();
        var outcome = "cancelled";
        try
        {
            var result = await ScrubbedAsync(code, work, cancel);
            outcome = "ok";
            return result;
        }
        catch (BackendException e)
        {
            outcome = e.Code;
            throw;
        }
        finally
        {
            span.Outcome(outcome);
            metrics.Record(Name, operation, outcome, clock.GetElapsedTime(began));
        }
    }

    /// <summary>
    /// A fault the backend did not put into its own words is named by its kind. The fault itself is not passed on, not
    /// even inside: a logged exception prints those inside it, and their text may quote anything.
    /// </summary>
    private async ValueTask<T> ScrubbedAsync<T>(string code, Func<ValueTask<T>> work, CancellationToken cancel)
    {
        try
        {
            return await work();
        }
        catch (BackendException e) when (e.InnerException is not null)
        {
            throw new BackendException(Name, e.Code, e.Detail, e.Transient);
        }
        catch (Exception e) when (e is not (BackendException or StoreUnavailableException or JournalFullException) && !(e is OperationCanceledException && cancel.IsCancellationRequested))
        {
            var state = e is DbException { SqlState: { } sql } ? $" (SQLSTATE {sql})" : "";
            throw new BackendException(Name, code, $"failed with {e.GetType().Name}{state}", transient: e is not (ArgumentException or InvalidOperationException));
        }
    }
}
