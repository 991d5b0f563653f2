using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Workload;
using CredentialBroker.Sidecar.Configuration;
using CredentialBroker.Sidecar.Life;
using CredentialBroker.Sidecar.Tests.TestInfra;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.Life;

/// <summary>One lease's life, step by step on a clock that stands still.</summary>
public sealed class LeaseLifeTests : Rig
{
    private readonly FakeClock _clock = new();

    protected override TimeProvider Clock => _clock;

    [Fact]
    public async Task What_is_held_is_served_and_asking_makes_nothing()
    {
        var life = Life("aws");
        Assert.True(Assert.IsType<Holding.Nothing>(life.Held.Now).Waiting);
        Assert.Null(await life.StepAsync(default));
        for (var i = 0; i < 100; i++) Assert.Equal("ASIAEXAMPLE1", Member(life, "accessKeyId"));
        Assert.Equal(1, Broker.Minted);
        Assert.Equal(_clock.GetUtcNow() + TimeSpan.FromMinutes(10), Held(life).ExpiresAt);
    }

    [Theory]
    [InlineData("aws")]
    [InlineData("orders")]
    public async Task It_is_refreshed_well_ahead_and_never_twice(string template)
    {
        var life = Life(template);
        await life.StepAsync(default);
        var ahead = life.Next - _clock.GetUtcNow();
        Assert.InRange(ahead, TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5));
        _clock.Advance(ahead);
        await life.StepAsync(default);
        Assert.Equal(_clock.GetUtcNow() + TimeSpan.FromMinutes(10), Held(life).ExpiresAt);
        Assert.Single(Broker.Leases);
        // What is extended keeps its secret; what is issued anew has another.
        Assert.Equal(template == "aws" ? 2 : 1, Broker.Minted);
    }

    [Fact]
    public async Task What_cannot_be_renewed_is_followed_by_another_and_lives_out_its_time()
    {
        Broker.Templates["aws"] = The.Aws with { Renewal = StandInRenewal.None };
        var life = Life("aws");
        await life.StepAsync(default);
        _clock.Advance(life.Next - _clock.GetUtcNow());
        await life.StepAsync(default);
        Assert.Equal(2, Broker.Live.Count());
        Assert.Equal("ASIAEXAMPLE2", Member(life, "accessKeyId"));
        await life.EndAsync(default);
        Assert.Empty(Broker.Live);
    }

    [Fact]
    public async Task At_its_longest_life_a_lease_is_followed_by_another_without_a_gap()
    {
        Broker.Templates["aws"] = The.Aws with { MaxTtl = TimeSpan.FromMinutes(12) };
        var life = Life("aws");
        for (var until = _clock.GetUtcNow() + TimeSpan.FromHours(1); _clock.GetUtcNow() < until;)
        {
            await life.StepAsync(default);
            _clock.Advance(life.Next - _clock.GetUtcNow());
            Assert.IsType<Holding.Held>(life.Held.Now);
        }

        Assert.True(Broker.Leases.Count > 3);
    }

    [Fact]
    public async Task A_lease_that_stands_in_the_way_of_its_successor_is_ended_for_it()
    {
        Broker.Templates["aws"] = The.Aws with { Renewal = StandInRenewal.None, ConcurrentLeases = 2, Ttl = TimeSpan.FromMinutes(10) };
        var life = Life("aws");
        for (var i = 0; i < 8; i++)
        {
            await life.StepAsync(default);
            _clock.Advance(life.Next - _clock.GetUtcNow());
            Assert.IsType<Holding.Held>(life.Held.Now);
        }

        Assert.True(Broker.Live.Count(lease => lease.EndsAt > _clock.GetUtcNow()) <= 2);
    }

    [Fact]
    public async Task A_broker_that_is_down_for_40_percent_of_a_life_is_not_noticed()
    {
        Broker.Templates["aws"] = The.Aws with { MaxTtl = TimeSpan.FromDays(30) };
        var life = Life("aws");
        await life.StepAsync(default);
        for (var round = 0; round < 40; round++)
        {
            // The worst moment: down just before the refresh.
            _clock.Advance(life.Next - _clock.GetUtcNow());
            Broker.Down = true;
            for (var until = _clock.GetUtcNow() + TimeSpan.FromMinutes(4); _clock.GetUtcNow() < until;)
            {
                await life.StepAsync(default);
                _clock.Advance(life.Next - _clock.GetUtcNow());
                Assert.IsType<Holding.Held>(life.Held.Now);
            }

            Broker.Down = false;
            await life.StepAsync(default);
            Assert.Equal(_clock.GetUtcNow() + TimeSpan.FromMinutes(10), Held(life).ExpiresAt);
        }
    }

    [Fact]
    public async Task Past_its_expiry_nothing_is_served_and_the_next_yes_is_served_again()
    {
        var life = Life("aws");
        await life.StepAsync(default);
        var credential = Held(life).Credential;
        Broker.Down = true;
        _clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(1));
        Assert.IsType<Holding.Held>(life.Held.Now);
        var told = 0;
        life.Held.Changed += _ => told++;
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(Absence.Expired, Assert.IsType<Holding.Nothing>(life.Held.Now).Code);
        Assert.Equal(1, told);
        Assert.Null(credential.Member("accessKeyId"));
        var failure = await life.StepAsync(default);
        Assert.Equal(Absence.BrokerUnreachable, failure!.Code);
        // It had a credential: its clients are told no, not to wait.
        Assert.False(Assert.IsType<Holding.Nothing>(life.Held.Now).Waiting);
        Broker.Down = false;
        await life.StepAsync(default);
        Assert.IsType<Holding.Held>(life.Held.Now);
    }

    [Fact]
    public async Task A_lost_answer_makes_one_credential_more_that_is_ended_at_once()
    {
        Broker.AnswersToLose = 1;
        var life = Life("aws");
        Assert.Equal(Absence.BrokerUnreachable, (await life.StepAsync(default))!.Code);
        // Asked with the same key, the broker says that it was made: nobody has its secret.
        Assert.NotNull(await life.StepAsync(default));
        Assert.Empty(Broker.Live);
        Assert.Null(await life.StepAsync(default));
        Assert.Single(Broker.Live);
    }

    [Fact]
    public async Task A_lease_whose_answer_was_lost_while_stopping_is_ended_too()
    {
        Broker.AnswersToLose = 1;
        var life = Life("aws");
        await life.StepAsync(default);
        Assert.Single(Broker.Live);
        await life.EndAsync(default);
        Assert.Empty(Broker.Live);
    }

    [Theory]
    [InlineData("revoked", 5 * 60)]
    [InlineData("incident", 5 * 60)]
    [InlineData("policy_changed", 2)]
    public async Task What_was_ended_is_dropped_at_once_and_not_asked_for_in_spite_of_a_responder(string because, int seconds)
    {
        var life = Life("aws");
        await life.StepAsync(default);
        var lease = Held(life).Lease.Id;
        Broker.End(lease, because);
        life.Told(Broker.Leases[lease].Standing(frozen: false));
        Assert.Equal(ReasonCodes.LeaseOver, Assert.IsType<Holding.Nothing>(life.Held.Now).Code);
        Assert.InRange(life.Next - _clock.GetUtcNow(), TimeSpan.FromSeconds(seconds / 2), TimeSpan.FromSeconds(seconds + 1));
    }

    [Fact]
    public async Task A_freeze_hides_what_is_held_until_it_is_lifted()
    {
        var life = Life("aws");
        await life.StepAsync(default);
        var lease = Broker.Live.Single();
        life.Told(lease.Standing(frozen: true));
        Assert.Equal(ReasonCodes.Frozen, Assert.IsType<Holding.Nothing>(life.Held.Now).Code);
        life.Told(lease.Standing(frozen: false));
        Assert.IsType<Holding.Held>(life.Held.Now);
        // Also where no event told: the renewal is refused with it.
        Broker.Frozen = true;
        _clock.Advance(life.Next - _clock.GetUtcNow());
        await life.StepAsync(default);
        Assert.Equal(ReasonCodes.Frozen, Assert.IsType<Holding.Nothing>(life.Held.Now).Code);
        Broker.Frozen = false;
        await life.StepAsync(default);
        Assert.IsType<Holding.Held>(life.Held.Now);
        Assert.Single(Broker.Leases);
    }

    [Fact]
    public async Task A_lease_that_the_broker_shortens_is_over_when_the_broker_says()
    {
        var life = Life("aws");
        await life.StepAsync(default);
        var lease = Held(life).Lease;
        life.Told(new LeaseStanding(lease.Id, "active", lease.EndsAt - TimeSpan.FromMinutes(9), "approval_end"));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.IsType<Holding.Nothing>(life.Held.Now);
    }

    [Fact]
    public async Task Refusals_are_told_with_their_code_and_repeated_less_and_less_often()
    {
        Broker.Approved = false;
        var life = Life("aws");
        var waits = new List<TimeSpan>();
        for (var i = 0; i < 14; i++)
        {
            var failure = await life.StepAsync(default);
            Assert.Equal(ReasonCodes.NoApproval, failure!.Code);
            Assert.False(failure.Passing);
            waits.Add(life.Next - _clock.GetUtcNow());
            _clock.Advance(waits[^1]);
        }

        Assert.InRange(waits[0], TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.25));
        Assert.InRange(waits[^1], TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5));
        var nothing = Assert.IsType<Holding.Nothing>(life.Held.Now);
        Assert.Equal((ReasonCodes.NoApproval, false), (nothing.Code, nothing.Waiting));
        Assert.Equal(0, Broker.Minted);
        // Said once, not fourteen times.
        Assert.Single(Log.ToString().Split('\n'), line => line.Contains(ReasonCodes.NoApproval, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ReasonCodes.ApprovalNotConfirmed)]
    [InlineData(ReasonCodes.Overloaded)]
    public async Task R12_What_is_not_decided_yet_serves_nothing_and_is_asked_again_when_the_broker_says(string code)
    {
        (Broker.Refuses, Broker.RetryAfter) = (code, TimeSpan.FromSeconds(7));
        var life = Life("aws");
        Assert.True((await life.StepAsync(default))!.Passing);
        Assert.True(Assert.IsType<Holding.Nothing>(life.Held.Now).Waiting);
        Assert.Equal(TimeSpan.FromSeconds(7), life.Next - _clock.GetUtcNow());
        Assert.Equal(0, Broker.Minted);
        Broker.Refuses = null;
        await life.StepAsync(default);
        Assert.IsType<Holding.Held>(life.Held.Now);
    }

    [Fact]
    public async Task A_workload_that_cannot_prove_itself_asks_for_nothing_and_goes_on_once_it_can()
    {
        File.Delete(PathOf("token"));
        var life = Life("aws");
        Assert.Equal(Absence.IdentityUnavailable, (await life.StepAsync(default))!.Code);
        Assert.Empty(Broker.Requests);
        // The platform rotates the token: it is read at every call.
        File.WriteAllText(PathOf("token"), "another.evidence");
        Assert.Equal(ReasonCodes.EvidenceSignature, (await life.StepAsync(default))!.Code);
        Broker.Evidence.Add("another.evidence");
        Assert.Null(await life.StepAsync(default));
    }

    private LeaseLife Life(string template)
    {
        var options = Options(template);
        var held = new HeldLease(template, options.Leases[template], _clock);
        return new LeaseLife(held, new BrokerLink(options.Broker, options.Identity.Make(Around)), new LifeOptions(), Say, _clock);
    }

    private static Holding.Held Held(LeaseLife life) => Assert.IsType<Holding.Held>(life.Held.Now);

    private static string? Member(LeaseLife life, string name) => Held(life).Credential.Member(name);
}
