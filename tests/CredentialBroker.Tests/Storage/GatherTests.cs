using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Storage;

/// <summary>Lookups that share a statement: each gets its own answer, and one's fault is not the others'.</summary>
public sealed class GatherTests
{
    private static readonly SqliteDialect Dialect = new();

    [Fact]
    public async Task Lookups_that_come_while_one_is_under_way_share_the_next_and_each_gets_its_own_answer()
    {
        var asked = new List<int>();
        var first = new TaskCompletionSource();
        var gather = new Gather<int, string>(Dialect, async keys =>
        {
            lock (asked) asked.Add(keys.Count);
            if (asked.Count == 1) await first.Task;
            return [.. keys.Select(k => $"found {k}")];
        });

        var one = gather.FindAsync(0, default);
        await UntilAsync(() => asked.Count == 1);
        var others = Enumerable.Range(1, 40).Select(n => gather.FindAsync(n, default)).ToArray();
        first.SetResult();

        Assert.Equal("found 0", await one.WaitAsync(Patience));
        Assert.Equal(Enumerable.Range(1, 40).Select(n => $"found {n}"), await Task.WhenAll(others).WaitAsync(Patience));
        Assert.Equal([1, 40], asked);
    }

    [Fact]
    public async Task Nobody_answers_for_others_on_its_own_thread()
    {
        using var enough = new ManualResetEventSlim();
        var gather = new Gather<int, int>(Dialect, keys =>
        {
            Assert.True(enough.Wait(Patience), "whoever asks first is kept until its own lookup is over");
            return Task.FromResult<IReadOnlyList<int>>([.. keys]);
        });
        // As the embedded store does, the lookup never waits for anything: asking must return all the same.
        var asked = gather.FindAsync(1, default);
        Assert.False(asked.IsCompleted);
        enough.Set();
        Assert.Equal(1, await asked.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_key_that_the_store_does_not_take_fails_alone_and_a_store_that_is_gone_fails_all()
    {
        var first = new TaskCompletionSource();
        var calls = 0;
        var gone = false;
        var gather = new Gather<int, int>(Dialect, async keys =>
        {
            if (Interlocked.Increment(ref calls) == 1) await first.Task;
            if (gone) throw new IOException("gone");
            return keys.Contains(13) ? throw new FormatException("no such value") : keys;
        });

        var one = gather.FindAsync(0, default);
        await UntilAsync(() => calls == 1);
        var others = new[] { 11, 12, 13, 14 }.Select(n => gather.FindAsync(n, default)).ToArray();
        first.SetResult();
        await one.WaitAsync(Patience);
        await Assert.ThrowsAsync<FormatException>(() => others[2].WaitAsync(Patience));
        int[] rest = await Task.WhenAll(others[0], others[1], others[3]).WaitAsync(Patience);
        Assert.Equal([11, 12, 14], rest);

        gone = true;
        await Assert.ThrowsAsync<IOException>(() => gather.FindAsync(1, default).WaitAsync(Patience));
        gone = false;
        Assert.Equal(2, await gather.FindAsync(2, default).WaitAsync(Patience));
    }

    [Fact]
    public async Task Whoever_loses_patience_takes_nobody_along()
    {
        var first = new TaskCompletionSource();
        var gather = new Gather<int, int>(Dialect, async keys =>
        {
            await first.Task;
            return keys;
        });
        using var impatient = new CancellationTokenSource();
        var one = gather.FindAsync(1, impatient.Token);
        var two = gather.FindAsync(2, default);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one.WaitAsync(Patience));
        first.SetResult();
        Assert.Equal(2, await two.WaitAsync(Patience));
    }

    [Fact]
    public async Task None_is_lost_among_many_at_once()
    {
        var gather = new Gather<int, int>(Dialect, async keys =>
        {
            await Task.Yield();
            return keys;
        });
        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(c => Task.Run(async () =>
        {
            for (var i = 0; i < 2_000; i++) Assert.Equal((c * 10_000) + i, await gather.FindAsync((c * 10_000) + i, default).WaitAsync(Patience));
            return c;
        })));
        Assert.Equal(8, all.Length);
    }

    private static async Task UntilAsync(Func<bool> so)
    {
        for (var i = 0; !so(); i++)
        {
            Assert.True(i < 6000, "it never came to that");
            await Task.Delay(10);
        }
    }
}
