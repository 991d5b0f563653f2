using System.Text;

namespace CredentialBroker.Backends.Conformance;

/// <summary>One suite of checks for every backend. It returns the names of the checks that failed.</summary>
internal static class BackendConformance
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(2);

    public static readonly IReadOnlyDictionary<string, Func<Harness, Task<bool>>> Checks = new Dictionary<string, Func<Harness, Task<bool>>>
    {
        ["plan is pure"] = PlanIsPure,
        ["handle is small"] = HandleIsSmall,
        ["handle holds no secret"] = HandleHoldsNoSecret,
        ["minted credential works"] = MintedWorks,
        ["expiry is as ordered"] = ExpiryIsAsOrdered,
        ["expired credential is refused"] = ExpiredIsRefused,
        ["ended credential is refused"] = EndedIsRefused,
        ["probe tells the truth"] = ProbeTellsTheTruth,
        ["use tells the truth"] = UseTellsTheTruth,
        ["list names what is there"] = ListNamesWhatIsThere,
        ["end twice is harmless"] = EndTwice,
        ["end before mint succeeds"] = EndBeforeMint,
        ["late mint makes nothing"] = LateMintMakesNothing,
        ["second mint replaces the first"] = SecondMintReplaces,
        ["renew lives longer"] = RenewLivesLonger,
        ["renew after end makes nothing"] = RenewAfterEnd,
        ["concurrent ends succeed"] = ConcurrentEnds,
        ["end cuts sessions"] = EndCutsSessions,
    };

    public static async Task<IReadOnlyList<string>> RunAsync(Harness harness, string? only = null)
    {
        var failed = new List<string>();
        foreach (var (name, check) in Checks.Where(check => (only is null || check.Key == only) && !harness.Unseen.Contains(check.Key)))
        {
            try
            {
                if (!await check(harness)) failed.Add(name);
            }
            catch (BackendException e)
            {
                failed.Add($"{name}: {e.Message}");
            }
        }

        return failed;
    }

    private static Task<bool> PlanIsPure(Harness on)
    {
        var order = on.NewOrder(Life, Deadline);
        return Task.FromResult(on.Backend.Plan(order) == on.Backend.Plan(order with { EndsAt = order.EndsAt + 1, Deadline = order.Deadline + 1 }));
    }

    private static async Task<bool> HandleIsSmall(Harness on)
    {
        var (handle, _, order) = await MintAsync(on);
        return new[] { handle, on.Backend.Plan(order) }.All(one => Encoding.UTF8.GetByteCount(one) <= Handle.MaxBytes);
    }

    private static async Task<bool> HandleHoldsNoSecret(Harness on)
    {
        var (handle, minted, _) = await MintAsync(on);
        var parts = System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, string>>(minted.Secret.Reveal().Span)!;
        return parts.Where(part => part.Key is "password" or "clientSecret" or "token" or "uri" or "privateKey" or "key" or "secretAccessKey" or "sessionToken").SelectMany(part => part.Value.Split('\n'))
            .Where(line => line.Length > 0 && line[0] != '-').All(line => !handle.Contains(line[..Math.Min(32, line.Length)], StringComparison.Ordinal));
    }

    private static async Task<bool> MintedWorks(Harness on)
    {
        var (handle, minted, _) = await MintAsync(on);
        return await on.WorksAsync(minted.Secret) && await on.Backend.ProbeAsync(handle, default) is Probe.Alive or Probe.NotPossible;
    }

    private static async Task<bool> ExpiryIsAsOrdered(Harness on)
    {
        var (handle, minted, order) = await MintAsync(on);
        var expiry = await on.ExpiryAsync(handle, minted.Secret);
        // What cannot be ordered is to be told as it is.
        if (on.OwnLife is not null) return expiry <= minted.DiesBy && expiry > minted.DiesBy - Tolerance.TotalMilliseconds;
        return expiry <= order.EndsAt && expiry > order.EndsAt - Tolerance.TotalMilliseconds && minted.DiesBy <= order.EndsAt + on.Residual.TotalMilliseconds;
    }

    private static async Task<bool> ExpiredIsRefused(Harness on)
    {
        var life = TimeSpan.FromSeconds(2);
        var order = on.NewOrder(life, Deadline);
        var minted = await on.Backend.MintAsync(await on.Backend.PrepareAsync(on.Backend.Plan(order), order, default), order, default);
        await on.PassAsync(on.OwnLife is null ? life : TimeSpan.FromMilliseconds(minted.DiesBy - order.EndsAt) + life);
        return !await on.WorksAsync(minted.Secret);
    }

    private static async Task<bool> EndedIsRefused(Harness on)
    {
        var (handle, minted, _) = await MintAsync(on);
        await on.Backend.EndAsync(handle, default);
        return !on.EndsAtTarget || (!await on.WorksAsync(minted.Secret) && !await on.ExistsAsync(handle));
    }

    private static async Task<bool> ProbeTellsTheTruth(Harness on)
    {
        var (handle, _, order) = await MintAsync(on);
        var before = await on.Backend.ProbeAsync(handle, default);
        await on.Backend.EndAsync(handle, default);
        var after = await on.Backend.ProbeAsync(handle, default);
        var never = await on.Backend.ProbeAsync(on.Backend.Plan(order with { LeaseId = on.NewOrder(Life, Deadline).LeaseId }), default);
        return on.EndsAtTarget
            ? (before, after, never) is (Probe.Alive, Probe.Dead, Probe.Dead)
            : (before, after, never) is (Probe.NotPossible, Probe.NotPossible, Probe.NotPossible);
    }

    private static async Task<bool> UseTellsTheTruth(Harness on)
    {
        var (handle, minted, order) = await MintAsync(on);
        if (!order.Grant.CanBeUsed) return await on.Backend.UseAsync(order.Grant, minted.Secret, default) == Probe.NotPossible;
        var before = await on.Backend.UseAsync(order.Grant, minted.Secret, default);
        await on.Backend.EndAsync(handle, default);
        return (before, await on.Backend.UseAsync(order.Grant, minted.Secret, default)) == (Probe.Alive, on.EndsAtTarget ? Probe.Dead : Probe.Alive);
    }

    /// <summary>Enough to end it with, and nothing of what is over.</summary>
    private static async Task<bool> ListNamesWhatIsThere(Harness on)
    {
        var (handle, minted, order) = await MintAsync(on);
        async Task<Ours?> FindAsync() => (await on.Backend.ListAsync(order.Grant.Target, default)).SingleOrDefault(one => one.LeaseId == order.LeaseId);
        if (!on.Lists) return await FindAsync() is null;
        if (await FindAsync() is not { } found) return false;
        await on.Backend.EndAsync(found.Handle, default);
        return !await on.WorksAsync(minted.Secret) && !await on.ExistsAsync(handle) && await FindAsync() is null;
    }

    private static async Task<bool> EndTwice(Harness on)
    {
        var (handle, _, _) = await MintAsync(on);
        var first = await on.Backend.EndAsync(handle, default);
        var second = await on.Backend.EndAsync(handle, default);
        return first.WasThere == on.EndsAtTarget && !second.WasThere;
    }

    private static async Task<bool> EndBeforeMint(Harness on)
    {
        var report = await on.Backend.EndAsync(on.Backend.Plan(on.NewOrder(Life, Deadline)), default);
        return report is { WasThere: false, SessionsCut: 0 };
    }

    private static async Task<bool> LateMintMakesNothing(Harness on)
    {
        var order = on.NewOrder(Life, TimeSpan.FromMilliseconds(-50));
        // Prepared in time: what comes late is the mint.
        var handle = await on.Backend.PrepareAsync(on.Backend.Plan(order), order with { Deadline = order.Deadline + (long)Deadline.TotalMilliseconds }, default);
        return await RefusesAsync(() => on.Backend.MintAsync(handle, order, default)) && !await on.ExistsAsync(handle);
    }

    private static async Task<bool> SecondMintReplaces(Harness on)
    {
        if (!on.EndsAtTarget) return true;
        var order = on.NewOrder(Life, Deadline);
        var handle = await on.Backend.PrepareAsync(on.Backend.Plan(order), order, default);
        var first = await on.Backend.MintAsync(handle, order, default);
        if (!on.MintsAgain) return await RefusesAsync(() => on.Backend.MintAsync(handle, order, default)) && await on.WorksAsync(first.Secret);
        var second = await on.Backend.MintAsync(handle, order, default);
        return !await on.WorksAsync(first.Secret) && await on.WorksAsync(second.Secret);
    }

    private static async Task<bool> RenewLivesLonger(Harness on)
    {
        var (handle, minted, order) = await MintAsync(on);
        var longer = order with { EndsAt = order.EndsAt + (long)Life.TotalMilliseconds };
        var renewed = await on.Backend.RenewAsync(handle, longer, default);
        var secret = on.Backend.Renewal == Renewal.Extend ? minted.Secret : renewed.Secret;
        var again = await on.Backend.RenewAsync(renewed.Handle ?? handle, longer, default);
        return await on.ExpiryAsync(handle, secret) > longer.EndsAt - Tolerance.TotalMilliseconds
               && await on.WorksAsync(secret)
               && (on.Backend.Renewal == Renewal.Extend || again.Handle != renewed.Handle);
    }

    private static async Task<bool> RenewAfterEnd(Harness on)
    {
        // Where nothing is at a target, the lease itself is what a renewal is refused by.
        if (!on.EndsAtTarget) return true;
        var (handle, _, order) = await MintAsync(on);
        await on.Backend.EndAsync(handle, default);
        return await RefusesAsync(() => on.Backend.RenewAsync(handle, order, default)) && !await on.ExistsAsync(handle);
    }

    private static async Task<bool> ConcurrentEnds(Harness on)
    {
        var (handle, _, _) = await MintAsync(on);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => on.Backend.EndAsync(handle, default).AsTask())));
        return !await on.ExistsAsync(handle);
    }

    private static async Task<bool> EndCutsSessions(Harness on)
    {
        var (handle, minted, _) = await MintAsync(on);
        if (await on.OpenSessionAsync(minted.Secret) is not { } isOpen) return true;
        var report = await on.Backend.EndAsync(handle, default);
        return report.SessionsCut == 1 && !await isOpen();
    }

    private static async Task<(string Handle, Minted Minted, Order Order)> MintAsync(Harness on)
    {
        var order = on.NewOrder(Life, Deadline);
        var handle = await on.Backend.PrepareAsync(on.Backend.Plan(order), order, default);
        var minted = await on.Backend.MintAsync(handle, order, default);
        return (minted.Handle ?? handle, minted, order);
    }

    private static async Task<bool> RefusesAsync(Func<ValueTask<Minted>> making)
    {
        try
        {
            await making();
            return false;
        }
        catch (BackendException)
        {
            return true;
        }
    }
}
