using CredentialBroker.Protocol;

namespace CredentialBroker.Leases;

/// <summary>Random sequences of every move: <c>pending → active → ending → ended</c>, and never back (R16).</summary>
public sealed class LeaseMachineTests
{
    private const string Owner = "me";
    private readonly Approvals.HeldClock _clock = new();

    [Fact]
    public void No_sequence_of_moves_goes_back_or_ends_before_the_operation_settled()
    {
        var reached = new Dictionary<LeaseState, int>();
        var made = new HashSet<string>();
        for (var seed = 0; seed < 4000; seed++)
        {
            var random = new Random(seed);
            var lease = SomeLease.Lease(_clock);
            var now = lease.CreatedAt;
            for (var step = 0; step < 40; step++)
            {
                now += random.Next(0, 40_000);
                if (random.Next(4) == 0 && lease.DueAt <= now) lease = lease with { ClaimOwner = random.Next(5) == 0 ? "another" : Owner };
                var (name, move) = Any(random, lease, now);
                if (move.Move(lease) is not MoveResult.To(var next)) continue;
                made.Add(name);
                Judge(name, lease, next, now, $"seed {seed} step {step}");
                lease = next;
            }

            reached[lease.State] = reached.GetValueOrDefault(lease.State) + 1;
        }

        Assert.Equal(12, made.Count);
        Assert.All(Enum.GetValues<LeaseState>().Except([LeaseState.Pending]), state => Assert.True(reached.GetValueOrDefault(state) > 20, $"{state} was hardly reached"));
    }

    [Fact]
    public void An_ended_lease_is_moved_by_nothing()
    {
        var ended = SomeLease.Lease(_clock) with { State = LeaseState.Ended, OpId = null, OpSettlesAt = null, DueAt = null };
        for (var seed = 0; seed < 200; seed++)
        {
            var (name, move) = Any(new Random(seed), ended, ended.CreatedAt);
            Assert.True(move.Move(ended) is MoveResult.Refused, $"{name} moved an ended lease");
        }
    }

    [Fact]
    public void An_end_is_confirmed_only_after_the_operation_in_flight_settled()
    {
        var lease = SomeLease.Lease(_clock) with { ClaimOwner = Owner };
        var settles = lease.OpSettlesAt!.Value;
        var early = Assert.IsType<MoveResult.Refused>(LeaseMoves.Ended(lease.Id, Owner, settles - 1).Move(lease));
        Assert.Equal(ReasonCodes.LeaseBusy, early.Code);
        var again = Assert.IsType<MoveResult.To>(LeaseMoves.EndAgain(lease.Id, Owner).Move(lease)).Lease;
        Assert.Equal((LeaseState.Ending, settles, settles), (again.State, again.DueAt, again.OpSettlesAt));
        var ended = Assert.IsType<MoveResult.To>(LeaseMoves.Ended(lease.Id, Owner, settles).Move(again with { ClaimOwner = Owner })).Lease;
        Assert.Equal((LeaseState.Ended, settles, (long?)null), (ended.State, ended.EndedAt, ended.DueAt));
    }

    [Fact]
    public void An_uncertain_mint_is_ended_until_it_can_no_longer_take_effect()
    {
        var lease = SomeLease.Lease(_clock);
        var now = lease.CreatedAt;
        var uncertain = Assert.IsType<MoveResult.To>(LeaseMoves.Abandon(lease.Id, SomeLease.Op, now, certain: false, "timeout").Move(lease)).Lease;
        Assert.Equal((now, Causes.MintFailed, now, lease.OpSettlesAt), (uncertain.EndsAt, uncertain.EndsBecause, uncertain.DueAt, uncertain.OpSettlesAt));
        var certain = Assert.IsType<MoveResult.To>(LeaseMoves.Abandon(lease.Id, SomeLease.Op, now, certain: true, "refused").Move(lease)).Lease;
        Assert.Null(certain.OpSettlesAt);
        Assert.IsType<MoveResult.Refused>(LeaseMoves.Activate(lease.Id, SomeLease.Op, now, now, null, "f").Move(uncertain));
    }

    [Fact]
    public void A_renewal_waits_for_the_one_before_it_and_keeps_the_longer_life()
    {
        var lease = SomeLease.Lease(_clock) with { State = LeaseState.Active, OpId = null, OpSettlesAt = null };
        var now = lease.CreatedAt;
        var begun = Assert.IsType<MoveResult.To>(LeaseMoves.BeginRenew(lease.Id, "op-2", now, now + 100).Move(lease)).Lease;
        Assert.Equal(ReasonCodes.LeaseBusy, Assert.IsType<MoveResult.Refused>(LeaseMoves.BeginRenew(lease.Id, "op-3", now + 99, now + 200).Move(begun)).Code);
        Assert.IsType<MoveResult.To>(LeaseMoves.BeginRenew(lease.Id, "op-3", now + 100, now + 200).Move(begun));
        Assert.IsType<MoveResult.Refused>(LeaseMoves.Renew(lease.Id, "op-3", now, new Renewed(now + 1, Causes.Ttl, now + 1, null, null)).Move(begun));
        var renewed = Assert.IsType<MoveResult.To>(LeaseMoves.Renew(lease.Id, "op-2", now, new Renewed(now + 900, Causes.MaxTtl, now + 1, "h2", null)).Move(begun)).Lease;
        Assert.Equal((now + 900, Causes.MaxTtl, now + 900, lease.DiesBy, "h2"), (renewed.EndsAt, renewed.EndsBecause, renewed.DueAt, renewed.DiesBy, renewed.Handle));
    }

    [Fact]
    public void An_end_by_hand_takes_the_place_of_one_that_came_by_itself_and_no_other_end_does()
    {
        var now = 1_000_000L;
        var due = SomeLease.Lease(_clock) with { State = LeaseState.Active, OpId = null, OpSettlesAt = null, EndsAt = now, DueAt = now, EndsBecause = Causes.Ttl };
        var failing = due with { State = LeaseState.Ending, Cause = Causes.TaskEnd, DueAt = now + 60_000, Attempts = 3 };
        foreach (var (lease, cause) in new[] { (due, (string?)null), (failing, Causes.Revoked) })
        {
            Assert.IsType<MoveResult.Refused>(LeaseMoves.EndNow(lease.Id, now, Causes.PolicyChanged).Move(lease));
            var ended = Assert.IsType<MoveResult.To>(LeaseMoves.EndNow(lease.Id, now, Causes.Revoked).Move(lease)).Lease;
            Assert.Equal((Causes.Revoked, cause, now, lease.EndsAt, lease.State), (ended.EndsBecause, ended.Cause, ended.DueAt, ended.EndsAt, ended.State));
            // Once is enough.
            Assert.IsType<MoveResult.Refused>(LeaseMoves.EndNow(lease.Id, now, Causes.Incident).Move(ended));
        }

        Assert.IsType<MoveResult.Refused>(LeaseMoves.EndNow(due.Id, now, Causes.Revoked).Move(due with { State = LeaseState.Ended }));
    }

    private static void Judge(string name, Lease before, Lease after, long now, string where)
    {
        Assert.True(before.State != LeaseState.Ended, $"{name} moved an ended lease, {where}");
        Assert.True(after.State >= before.State, $"{name} went from {before.State} to {after.State}, {where}");
        Assert.True(after.State != LeaseState.Active || before.State != LeaseState.Pending || name == "Activate", $"{name} activated, {where}");
        Assert.True(after.State != LeaseState.Ended || (name == "Ended" && !(before.OpSettlesAt > now)), $"{name} ended before the operation settled, {where}");
        Assert.True(after.State == LeaseState.Ended || after.DueAt is not null, $"{name} left a lease that nobody will end, {where}");
        Assert.True(after.EndsAt <= before.EndsAt || (name is "Renew" or "Reissue" && before.EndsAt > now && before.ClaimOwner is null), $"{name} moved the end away, {where}");
        Assert.True(after.OpSettlesAt == before.OpSettlesAt || after.OpId != before.OpId, $"{name} moved the settling of an operation in flight, {where}");
        Assert.True(after.State < LeaseState.Ending || after.Cause is not null, $"{name} ended without a cause, {where}");
        Assert.True(before.Cause is null || after.Cause == before.Cause || (name == "EndNow" && before.EndsByItself), $"{name} changed the cause, {where}");
        Assert.True(after.DiesBy >= before.DiesBy || name == "Activate", $"{name} forgot how long an earlier credential lives, {where}");
        // An operation that settles while an end is under way leaves that end without effect.
        Assert.True(before.ClaimOwner is null || before.OpId == after.OpId || after.ClaimOwner is null, $"{name} settled under a claim that stands, {where}");
    }

    private static (string Name, LeaseMove Move) Any(Random random, Lease lease, long now)
    {
        var op = random.Next(4) == 0 ? "another" : lease.OpId ?? SomeLease.Op;
        var renewed = new Renewed(now + random.Next(1, 900_000), Causes.Ttl, now + random.Next(1, 900_000), null, null);
        return random.Next(12) switch
        {
            0 => ("Bind", LeaseMoves.Bind(lease.Id, op, "bound")),
            1 => ("Activate", LeaseMoves.Activate(lease.Id, op, now, lease.DiesBy, null, "f")),
            2 => ("Abandon", LeaseMoves.Abandon(lease.Id, op, now, random.Next(2) == 0, "e")),
            3 => ("BeginRenew", LeaseMoves.BeginRenew(lease.Id, $"op-{now}", now, now + random.Next(1, 90_000))),
            4 => ("Renew", LeaseMoves.Renew(lease.Id, op, now, renewed)),
            5 => ("Reissue", LeaseMoves.Reissue(lease.Id, now, renewed)),
            6 => ("RenewFailed", LeaseMoves.RenewFailed(lease.Id, op, certain: true, "e")),
            7 => random.Next(4) == 0 ? ("EndNow", LeaseMoves.EndNow(lease.Id, now, Causes.Revoked)) : ("Activate", LeaseMoves.Activate(lease.Id, op, now, lease.DiesBy, null, "f")),
            8 => ("Ended", LeaseMoves.Ended(lease.Id, Owner, now)),
            9 => ("EndAgain", LeaseMoves.EndAgain(lease.Id, Owner)),
            10 => ("EndFailed", LeaseMoves.EndFailed(lease.Id, Owner, now + random.Next(1, 60_000), "e")),
            _ => ("Release", LeaseMoves.Release(lease.Id, Owner, now + random.Next(1, 60_000))),
        };
    }
}
