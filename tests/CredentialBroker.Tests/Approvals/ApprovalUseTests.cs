using CredentialBroker.Approvals.Moves;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Approvals;

public sealed class ApprovalUseTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const long Minute = 60_000;
    private readonly HeldClock _clock = new();

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_batch_of_three_against_a_limit_of_one_admits_exactly_the_first(string provider)
    {
        await using var house = await House.OpenAsync(provider, postgres, _clock);
        var approval = await house.GivenAsync(house.New());

        var codes = Decide(house, approval, await house.Approvals.GetAsync(approval.Id, default), ["a", "b", "c"]);
        Assert.Equal([null, ReasonCodes.ApprovalUsedUp, ReasonCodes.ApprovalUsedUp], codes);

        var written = await house.TogetherAsync([house.Use(approval, "a")], [house.Use(approval, "b")], [house.Use(approval, "c")]);
        Assert.Equal([null, ReasonCodes.ApprovalUsedUp, ReasonCodes.ApprovalUsedUp], written);
        Assert.Equal(1, await house.CountAsync("approval_uses"));
        var after = await house.Approvals.GetAsync(approval.Id, default);
        Assert.Equal((ApprovalState.Bound, 1), (after!.State, after.Uses));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Rank_counts_instances_not_uses_and_refused_units_take_no_place(string provider)
    {
        await using var house = await House.OpenAsync(provider, postgres, _clock);
        var approval = await house.GivenAsync(house.New(maxUses: 2, task: "t"));
        var codes = await house.TogetherAsync(
            [house.Use(approval, "a")],
            [house.Use(approval, "a")],
            [house.Use(approval, "x"), house.Use(house.New(), "x")],
            [house.Use(approval, "b")],
            [house.Use(approval, "c")],
            [house.Use(approval, "a", renewal: true)]);
        Assert.Equal([null, null, ReasonCodes.NoApproval, null, ReasonCodes.ApprovalUsedUp, null], codes);
        Assert.Equal(2, (await house.Approvals.GetAsync(approval.Id, default))!.Uses);
    }

    /// <summary>R49: a claim at 16 minutes is refused; the instance that claimed in time goes on until the validity is over.</summary>
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task R49_the_first_claim_has_fifteen_minutes(string provider)
    {
        await using var house = await House.OpenAsync(provider, postgres, _clock);
        var approval = await house.GivenAsync(house.New(maxUses: 3));
        Assert.Null(await house.CodeAsync(house.Use(approval, "a", 14 * Minute)));
        Assert.Equal(ReasonCodes.ApprovalExpired, await house.CodeAsync(house.Use(approval, "b", 16 * Minute)));
        Assert.Null(await house.CodeAsync(house.Use(approval, "a", 16 * Minute)));
        Assert.Null(await house.CodeAsync(house.Use(approval, "a", 59 * Minute, renewal: true)));
        Assert.Equal(ReasonCodes.ApprovalExpired, await house.CodeAsync(house.Use(approval, "a", 60 * Minute, renewal: true)));
        Assert.Equal(1, await house.CountAsync("approval_uses"));
    }

    /// <summary>R10: the binding is checked where it is committed, too.</summary>
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task R10_another_instance_is_refused(string provider)
    {
        await using var house = await House.OpenAsync(provider, postgres, _clock);
        var exact = await house.GivenAsync(house.New() with { Binding = Binding.Exact, Instance = "pod-1" });
        Assert.Equal(ReasonCodes.BindingMismatch, await house.CodeAsync(house.Use(exact, "pod-2")));
        Assert.Null(await house.CodeAsync(house.Use(exact, "pod-1")));

        var open = await house.GivenAsync(house.New(reference: "run-2"));
        Assert.Equal(ReasonCodes.BindingMismatch, await house.CodeAsync(house.Use(open, "pod-1", renewal: true)));
    }

    /// <summary>R09: only a confirmed approval is bound; everything else is refused with its own code and binds nothing.</summary>
    [Theory]
    [InlineData("sqlite", ApprovalState.Candidate, ReasonCodes.ApprovalNotConfirmed)]
    [InlineData("postgres", ApprovalState.Candidate, ReasonCodes.ApprovalNotConfirmed)]
    [InlineData("sqlite", ApprovalState.Denied, ReasonCodes.ApprovalDenied)]
    [InlineData("postgres", ApprovalState.Denied, ReasonCodes.ApprovalDenied)]
    [InlineData("sqlite", ApprovalState.Withdrawn, ReasonCodes.ApprovalWithdrawn)]
    [InlineData("postgres", ApprovalState.Withdrawn, ReasonCodes.ApprovalWithdrawn)]
    [InlineData("sqlite", ApprovalState.Expired, ReasonCodes.ApprovalExpired)]
    [InlineData("postgres", ApprovalState.Expired, ReasonCodes.ApprovalExpired)]
    [InlineData("sqlite", ApprovalState.Finished, ReasonCodes.TaskEnded)]
    [InlineData("postgres", ApprovalState.Finished, ReasonCodes.TaskEnded)]
    internal async Task R09_only_a_confirmed_approval_binds(string provider, ApprovalState state, string code)
    {
        await using var house = await House.OpenAsync(provider, postgres, _clock);
        var approval = await house.GivenAsync(house.New() with { State = state });
        var early = await house.GivenAsync(house.New(reference: "early") with { NotBefore = _clock.NowMs() + Minute });
        Assert.Equal(code, await house.CodeAsync(house.Use(approval, "a")));
        Assert.Equal(ReasonCodes.ApprovalNotYetValid, await house.CodeAsync(house.Use(early, "a")));
        Assert.Equal(0, await house.CountAsync("approval_uses"));
    }

    [Fact]
    public async Task Two_replicas_race_for_one_use_and_exactly_one_wins_each_time()
    {
        await using var one = await House.OpenAsync("postgres", postgres, _clock);
        await using var two = await one.AnotherAsync();
        for (var round = 0; round < 100; round++)
        {
            var approval = await one.GivenAsync(one.New(reference: $"run-{round}"));
            var codes = await Task.WhenAll(one.CodeAsync(one.Use(approval, "a")), two.CodeAsync(two.Use(approval, "b")));
            Assert.Equal([null, ReasonCodes.ApprovalUsedUp], codes.Order());
        }

        Assert.Equal(100, await one.CountAsync("approval_uses"));
    }

    /// <summary>The rank within one batch, without leaving to timing what shares a batch.</summary>
    private static List<string?> Decide(House house, Approval approval, Approval? stored, string[] instances)
    {
        var book = new Book();
        book.Put(new Held(stored!, isNew: false));
        return [.. instances.Select(instance =>
        {
            var use = house.Use(approval, instance);
            var refusal = use.Check(book);
            if (refusal is null) use.Admit(book);
            return refusal?.Code;
        })];
    }
}
