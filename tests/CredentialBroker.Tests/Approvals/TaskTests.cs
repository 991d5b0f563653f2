using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Approvals;

public sealed class TaskTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private readonly HeldClock _clock = new();

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_task_that_ended_before_is_refused_and_ending_it_twice_is_harmless(string provider)
    {
        await using var house = await House.OpenAsync(provider, postgres, _clock);
        Assert.Null(await house.CodeAsync(new TaskGuard("t")));
        Assert.Null(await house.CodeAsync(new TaskEnd("t", "workload:a", 1)));
        Assert.Null(await house.CodeAsync(new TaskEnd("t", "workload:b", 2)));
        Assert.Equal(ReasonCodes.TaskEnded, await house.CodeAsync(new TaskGuard("t")));
        Assert.Null(await house.CodeAsync(new TaskGuard("u")));
        Assert.Equal(1, await house.CountAsync("ended_tasks"));
        Assert.True(await house.Approvals.IsTaskEndedAsync("t", default));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task An_end_earlier_in_the_same_batch_is_seen(string provider)
    {
        await using var house = await House.OpenAsync(provider, postgres, _clock);
        var batch = TaskKind.Shared.Begin(house.Store.Dialect);
        Assert.Null(batch.Check(new TaskGuard("t")));
        batch.Admit(new TaskEnd("t", "workload:a", 1));
        Assert.Equal(ReasonCodes.TaskEnded, batch.Check(new TaskGuard("t"))!.Code);

        var codes = await house.TogetherAsync([new TaskGuard("t")], [new TaskEnd("t", "workload:a", 1)], [new TaskGuard("t")]);
        Assert.Equal([null, null, ReasonCodes.TaskEnded], codes);
    }

    /// <summary>Whatever the order, a guard that passed was before the end: the use it stands beside is then in the store when the end is.</summary>
    [Fact]
    public async Task An_end_on_another_replica_is_seen()
    {
        await using var one = await House.OpenAsync("postgres", postgres, _clock);
        await using var two = await one.AnotherAsync();
        for (var round = 0; round < 25; round++)
        {
            var task = $"t{round}";
            var approval = await one.GivenAsync(one.New(task: task, reference: task));
            var guard = one.CodeAsync(new TaskGuard(task), one.Use(approval, task));
            var end = two.CodeAsync([.. new EndOfTask(two.Chain, _clock).Works(task, "workload:a")]);
            Assert.Null(await end);
            Assert.True(await guard is null or ReasonCodes.TaskEnded);
            Assert.Equal(ReasonCodes.TaskEnded, await one.CodeAsync(new TaskGuard(task)));
            Assert.Equal(ApprovalState.Finished, (await one.Approvals.GetAsync(approval.Id, default))!.State);
        }
    }
}
