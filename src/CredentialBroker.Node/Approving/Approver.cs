using System.Collections.Concurrent;
using CredentialBroker.Node.Configuration;
using CredentialBroker.Node.Engine;
using CredentialBroker.Node.Telling;
using CredentialBroker.Node.Trust;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Hosts;

namespace CredentialBroker.Node.Approving;

/// <summary>Gets each run of a bound container approved by the broker, and tells when it is over.</summary>
internal sealed class Approver(Containers containers, EngineClient engine, Link link, Spool spool, Courier courier, Ledger ledger, HostTrust trust, NodeOptions options, Say say, TimeProvider clock)
{
    /// <summary>An approval has to be claimed within fifteen minutes; one that is older than this is asked for anew.</summary>
    private static readonly long Fresh = (long)TimeSpan.FromMinutes(10).TotalMilliseconds;

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new(StringComparer.Ordinal);

    /// <summary>What the engine made is what was asked for, and is bound. Its first run is asked to be approved, without waiting.</summary>
    public async Task BindAsync(string id, Admission admission, CancellationToken cancel)
    {
        var inspected = await engine.InspectAsync(id, cancel) ?? throw new RefusedException(Refusals.Unbound, "the engine does not know what it made");
        if (inspected.Id != id || inspected.Beyond(admission.Resources) is not null) throw new RefusedException(Refusals.Differs, "the engine made something else than was asked for");
        var bound = new Bound
        {
            Id = id, Image = inspected.Image, Caller = admission.Caller.Name, Class = admission.Caller.Class!, Tier = admission.Tier, Resources = admission.Resources, Paths = admission.Asked.Paths, Request = admission.Digest,
            ImageName = admission.Asked.Image, Ticket = admission.Asked.Ticket,
        };
        containers.Keep(bound);
        ledger.Tell(new ContainerRecord("bound", clock.GetUtcNow(), true, admission.Caller.Name, admission.Caller.Uri, admission.Caller.Serial, null, null, id, bound.Image, admission.Resources.Count > 0 ? admission.Resources : null));
        _ = Task.Run(() => TryApproveAsync(id), CancellationToken.None);
    }

    /// <summary>Returns once the broker accepted an approval of the run that is about to begin.</summary>
    /// <param name="begins">The gate lets it begin; else it is only asked for in advance.</param>
    /// <exception cref="RefusedException">It did not.</exception>
    public async Task<Bound> ApproveAsync(Inspected inspected, bool begins, CancellationToken cancel)
    {
        var turn = _turns.GetOrAdd(inspected.Id, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancel);
        try
        {
            var bound = containers.Find(inspected.Id) ?? throw new RefusedException(Refusals.Unbound, "the container was not created through the gate");
            if (inspected.Image != bound.Image || inspected.Beyond(bound.Resources) is not null) throw new RefusedException(Refusals.Differs, "the container is not what was approved");
            // It runs already, and starting it again does nothing.
            if (bound.IsApproved && inspected.IsRunning) return bound;
            if (inspected.IsRunning) throw new RefusedException(Refusals.Differs, "the container runs, and nobody let it begin");
            trust.Demand();
            bound = Renewed(bound);
            if (bound.ApprovedAt is null) await SendAsync(bound, cancel);
            var now = Now();
            bound = bound with { ApprovedAt = bound.ApprovedAt ?? now, BegunAt = begins ? now : null };
            containers.Keep(bound);
            return bound;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Looks whether the run is over, because there is a reason to. The end is durable before it counts as one here.</summary>
    /// <param name="at">When the reason came about, in UTC milliseconds: what is older than the present run says nothing of it.</param>
    public async Task EndAsync(string id, long at, CancellationToken cancel)
    {
        if (containers.Find(id) is null) return;
        var turn = _turns.GetOrAdd(id, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancel);
        try
        {
            if (containers.Find(id) is not { } bound) return;
            var inspected = await engine.InspectAsync(id, cancel);
            if (!bound.IsOver && (inspected is null ? bound.ApprovedAt is not null : !inspected.IsRunning && bound.BegunAt < at)) End(bound);
            if (inspected is not null) return;
            containers.Forget(id);
            _turns.TryRemove(id, out _);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>The run that may begin now: another one where the last has begun already, or its approval is too old to be claimed.</summary>
    private Bound Renewed(Bound bound)
    {
        if (!bound.IsOver && bound.BegunAt is null && (bound.ApprovedAt is null || Now() - bound.ApprovedAt < Fresh)) return bound;
        if (!bound.IsOver) End(bound);
        var next = bound with { Run = bound.Run + 1, ApprovedAt = null, BegunAt = null, IsOver = false };
        containers.Keep(next);
        return next;
    }

    private long Now() => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private void End(Bound bound)
    {
        spool.AddEnd(bound.Task(options.Host));
        containers.Keep(bound with { IsOver = true });
        courier.Ring();
        say.Line($"container {bound.Id[..12]}: run {bound.Run} is over");
    }

    private async Task SendAsync(Bound bound, CancellationToken cancel)
    {
        try
        {
            await link.ApproveAsync(bound, options.Callers[bound.Class], cancel);
        }
        catch (BrokerUnreachableException fault)
        {
            throw new RefusedException(Refusals.BrokerUnreachable, $"the broker cannot be reached, so that nothing is approved: {fault.Message}");
        }
        catch (BrokerException no)
        {
            throw new RefusedException(Refusals.BrokerRefused, $"the broker did not accept the approval: {no.Problem?.Code ?? no.Message}");
        }
    }

    private async Task TryApproveAsync(string id)
    {
        try
        {
            if (await engine.InspectAsync(id, CancellationToken.None) is { } inspected) await ApproveAsync(inspected, begins: false, CancellationToken.None);
        }
        catch (Exception fault) when (fault is RefusedException or EngineException or IOException)
        {
            say.Line($"container {id[..12]}: not approved yet: {fault.Message}");
        }
    }
}
