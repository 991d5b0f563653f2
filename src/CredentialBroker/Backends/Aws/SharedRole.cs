using System.Collections.Concurrent;
using System.Globalization;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Aws;

/// <summary>Sessions of a role that many leases share, each ended by a deny of its own.</summary>
internal sealed class SharedRole(string brokerId, AwsSessions sessions, AwsDenials denials, AwsRoles roles, SessionAsk asks, TimeProvider clock)
{
    /// <summary>Leases between their preparing and their one session: as many as claims are under way.</summary>
    private readonly ConcurrentDictionary<string, long> _open = new();

    /// <summary>Notes in the store that a session may come to be, where there is room to deny it.</summary>
    public async ValueTask<string> PrepareAsync(AwsConnection aws, string role, string handle, Order order, CancellationToken cancel)
    {
        var state = roles.Find(role) ?? await roles.LookAsync(aws, role, cancel);
        var most = state.MayDeny ? aws.Options.MaxLeasesPerRole ?? state.Room : int.MaxValue;
        if (!await sessions.OpenAsync(aws.Name, role, order.LeaseId, order.EndsAt, most, state.Room, cancel))
            throw new BackendException(AwsBackend.Word, ReasonCodes.TargetOverloaded, "as many leases live on the role as its policy can deny; try again when some are over", transient: true);
        foreach (var late in _open.Where(open => open.Value < clock.NowMs())) _open.TryRemove(late.Key, out _);
        _open[order.LeaseId] = order.Deadline;
        return handle;
    }

    /// <summary>Asks once. Asked again, or after a restart, nothing is made.</summary>
    public async ValueTask<Minted> MintAsync(AwsConnection aws, string role, Order order, CancellationToken cancel)
    {
        if (!_open.TryRemove(order.LeaseId, out _)) throw SessionAsk.Failed("the lease's session was asked for, or was not prepared by this process");
        var made = await aws.Sts.AssumeAsync(asks.Of(order, role, ((AwsGrant)order.Grant).Statements), cancel);
        return SessionAsk.MintedOf(aws, order, made);
    }

    public async ValueTask<Minted> RenewAsync(AwsConnection aws, string role, Order order, CancellationToken cancel)
    {
        var ask = asks.Of(order, role, ((AwsGrant)order.Grant).Statements);
        if (!await sessions.ExtendAsync(role, order.LeaseId, order.EndsAt, cancel))
            throw new BackendException(AwsBackend.Word, ReasonCodes.LeaseOver, "the lease is denied at its role, or was never made there", transient: false);
        return SessionAsk.MintedOf(aws, order, await aws.Sts.AssumeAsync(ask, cancel));
    }

    /// <summary>What is dead by its own policy needs no deny; neither does what was never begun.</summary>
    public async ValueTask<EndReport> EndAsync(AwsConnection aws, string role, string handle, CancellationToken cancel)
    {
        var lease = Handle.Read(AwsBackend.Word, handle, "lease")["lease"];
        var row = await sessions.FindAsync(role, lease, cancel);
        // A store that came back from a backup may have forgotten what the handle still knows.
        if ((row?.DiesBy ?? Until(handle)) is not { } diesBy) return await AfterStrayAsync(aws, role, handle, cancel);
        diesBy = Math.Max(diesBy, Until(handle) ?? 0);
        if (clock.NowMs() >= diesBy) return new EndReport(WasThere: false);
        // Such a lease says that it only expires, and is over when it did.
        if (aws.Key is null) return new EndReport(WasThere: false);
        var version = await sessions.DenyAsync(aws.Name, role, lease, diesBy, cancel);
        await denials.EnforceAsync(aws, role, version, cancel);
        return new EndReport(WasThere: row?.DeniedAt is null);
    }

    public async ValueTask<Probe> ProbeAsync(AwsConnection aws, string role, string handle, CancellationToken cancel)
    {
        var lease = Handle.Read(AwsBackend.Word, handle, "lease")["lease"];
        var row = await sessions.FindAsync(role, lease, cancel);
        if ((row?.DiesBy ?? Until(handle)) is not { } diesBy || clock.NowMs() >= diesBy) return Probe.Dead;
        if (aws.Key is not { } key) return Probe.NotPossible;
        if (row is { } known && known.IsBefore((await sessions.DocumentAsync(role, cancel))?.CutOff)) return await denials.HoldsAsync(aws, role, cancel) ? Probe.Dead : Probe.Alive;
        return (await denials.DeniedAsync(aws, role, cancel)).Contains(key.ValueOf(brokerId, lease)) ? Probe.Dead : Probe.Alive;
    }

    /// <summary>Denies of this broker at a role for which the store knows no lease.</summary>
    public async ValueTask<IReadOnlyList<Ours>> StrayAsync(AwsConnection aws, CancellationToken cancel)
    {
        var stray = new List<Ours>();
        foreach (var role in aws.Key is null ? [] : aws.Options.Roles)
        {
            var denied = await denials.DeniedAsync(aws, role, cancel);
            var known = (await sessions.LiveAsync(role, cancel)).Where(session => session.DeniedAt is not null).Select(session => aws.Key!.ValueOf(brokerId, session.Lease)).ToHashSet();
            stray.AddRange(denied.Where(value => !known.Contains(value) && value != DenyDocument.Nobody).Select(value => new Ours(SessionNames.LeaseOfValue(value), Handle.Write(aws.Name, ("lease", value), ("role", role), ("stray", "yes")))));
        }

        return stray;
    }

    /// <summary>A deny that no lease is for goes when the document is written as the store has it.</summary>
    private async ValueTask<EndReport> AfterStrayAsync(AwsConnection aws, string role, string handle, CancellationToken cancel)
    {
        if (Handle.Find(handle, "stray") is null || aws.Key is null) return new EndReport(WasThere: false);
        var held = await denials.HoldsAsync(aws, role, cancel);
        if (!held) await denials.EnforceAsync(aws, role, await sessions.TouchAsync(aws.Name, role, cancel), cancel);
        return new EndReport(WasThere: !held);
    }

    private static long? Until(string handle) => long.TryParse(Handle.Find(handle, "until"), NumberStyles.None, CultureInfo.InvariantCulture, out var until) ? until : null;
}
