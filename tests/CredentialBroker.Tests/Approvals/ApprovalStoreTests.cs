using CredentialBroker.Approvals.Moves;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Approvals;

public sealed class ApprovalStoreTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private readonly HeldClock _clock = new();

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_row_is_read_as_it_was_written(string provider)
    {
        await using var house = await House.OpenAsync(provider, postgres, _clock);
        var written = await house.GivenAsync(house.New(maxUses: 7, task: "job/42") with
        {
            Instance = "pod-1",
            Nonce = "0123456789abcdef",
            Facts = new Dictionary<string, string> { ["serviceAccountUid"] = "ü \"quoted\" \\" },
            Intent = new Intent(["read"], new Dictionary<string, string> { ["bucket"] = "b" }, "ticket 7"),
            Requester = "alice",
            Approvers = ["bob", "carol"],
            NotBefore = 5,
        });
        Assert.Equivalent(written, await house.Approvals.GetAsync(written.Id, default), strict: true);
        Assert.Equal(written.Id, (await house.Approvals.FindAsync("prod-eu", "run-1", default))!.Id);
        Assert.Null(await house.Approvals.GetAsync("nothing", default));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task What_fits_the_caller_comes_first(string provider)
    {
        await using var house = await House.OpenAsync(provider, postgres, _clock);
        var order = 0;
        var bound = await Given(house.New(reference: "bound"));
        Assert.Null(await house.CodeAsync(house.Use(bound, "pod-1")));
        var withdrawn = await Given(house.New(reference: "withdrawn") with { State = ApprovalState.Withdrawn, Binding = Binding.Exact, Instance = "pod-1" });
        var open = await Given(house.New(reference: "open"));
        var own = await Given(house.New(reference: "own") with { Binding = Binding.Exact, Instance = "pod-1" });
        var others = await Given(house.New(reference: "others") with { Binding = Binding.Exact, Instance = "pod-2" });
        var nonce = await Given(house.New(reference: "nonce") with { Binding = Binding.Nonce, Nonce = "0123456789abcdef" });
        await Given(house.New(reference: "like") with { Templates = ["orders_read", "orders-write"] });

        var found = await Find("orders-read", "0123456789abcdef");
        Assert.Equal([bound.Id, nonce.Id, own.Id, open.Id, withdrawn.Id, others.Id], found.Select(a => a.Id));
        Assert.Equal([true, false, false, false, false, false], found.Select(a => a.BoundToCaller));
        var named = await house.Approvals.FindForInstanceAsync("k8s://prod-eu/shop/checkout", "pod-1", "orders-read", _clock.NowMs(), default);
        Assert.Equal([own.Id, withdrawn.Id], named.Select(a => a.Id));
        Assert.Single(await Find("orders_read", null));
        Assert.Empty(await Find("%", null));

        Task<Approval> Given(Approval approval) => house.GivenAsync(approval with { ReceivedAt = ++order });

        Task<IReadOnlyList<Approval>> Find(string template, string? shown) =>
            house.Approvals.FindForClaimAsync("k8s://prod-eu/shop/checkout", "pod-1", template, _clock.NowMs(), shown, default);
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_refusal_can_be_explained_for_an_hour(string provider)
    {
        await using var house = await House.OpenAsync(provider, postgres, _clock);
        var approval = await house.GivenAsync(house.New());
        Assert.Equal(1, await Found(119));
        Assert.Equal(0, await Found(121));

        async Task<int> Found(int minutes) => (await house.Approvals.FindForClaimAsync(
            approval.WorkloadUri, "pod-1", "orders-read", _clock.NowMs() + (minutes * 60_000), null, default)).Count;
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Lists_are_newest_first_and_narrowed(string provider)
    {
        await using var house = await House.OpenAsync(provider, postgres, _clock);
        for (var i = 0; i < 5; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            await house.GivenAsync(house.New(reference: $"run-{i}", task: i == 2 ? "t" : null) with { State = i == 3 ? ApprovalState.Denied : ApprovalState.Confirmed });
        }

        var first = await house.Approvals.ListAsync(new ApprovalQuery(Limit: 2), default);
        Assert.Equal(["run-4", "run-3"], first.Select(a => a.Reference));
        Assert.Equal(["run-2", "run-1", "run-0"], (await house.Approvals.ListAsync(new ApprovalQuery(Before: first[^1].Id), default)).Select(a => a.Reference));
        Assert.Equal("run-3", Assert.Single(await house.Approvals.ListAsync(new ApprovalQuery(State: ApprovalState.Denied), default)).Reference);
        Assert.Equal("run-2", Assert.Single(await house.Approvals.ListAsync(new ApprovalQuery(Task: "t"), default)).Reference);
        Assert.Empty(await house.Approvals.ListAsync(new ApprovalQuery(Source: "other"), default));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task The_sweep_marks_what_is_over_and_forgets_old_events(string provider)
    {
        await using var house = await House.OpenAsync(provider, postgres, _clock);
        var unclaimed = await house.GivenAsync(house.New(reference: "unclaimed"));
        var claimed = await house.GivenAsync(house.New(reference: "claimed"));
        await house.CommitAsync(house.Use(claimed, "pod-1"), new EventOnce("prod-eu", "e1", _clock.NowMs() + 60_000), new EventOnce("prod-eu", "e2", _clock.NowMs() + (120 * 60_000)));
        var expiry = new ApprovalExpiry(house.Approvals, house.Journal, house.Chain, _clock);

        Assert.Equal(0, await expiry.ExpireAsync(_clock.NowMs(), default));
        Assert.Equal(1, await expiry.ExpireAsync(_clock.NowMs() + (16 * 60_000), default));
        Assert.Equal(ApprovalState.Expired, (await house.Approvals.GetAsync(unclaimed.Id, default))!.State);
        Assert.Equal(ApprovalState.Bound, (await house.Approvals.GetAsync(claimed.Id, default))!.State);
        Assert.Equal(1, await expiry.ExpireAsync(_clock.NowMs() + (61 * 60_000), default));
        Assert.Equal(0, await expiry.ExpireAsync(_clock.NowMs() + (61 * 60_000), default));
        Assert.Equal(1, await house.CountAsync("approval_events"));
        var records = await house.RecordsAsync();
        Assert.Equal(["approval.expired", "approval.expired"], records.Select(r => r.Type));
        Assert.All(records, r => Assert.Contains("\"count\":1", r.Body, StringComparison.Ordinal));
    }
}
