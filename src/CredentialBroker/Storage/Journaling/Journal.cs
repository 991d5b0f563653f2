using System.Data;
using System.Data.Common;
using System.Threading.Channels;

namespace CredentialBroker.Storage.Journaling;

/// <summary>
/// The one writer of this replica. Drains what waits into one transaction of set-based statements, so that the cost of
/// a durable commit is shared by all who wait for it. Nothing is told to a waiting caller before the commit is known.
/// It has a thread of its own and blocks there: an answer of the database that all wait for does not queue behind requests.
/// </summary>
internal sealed class Journal : IAsyncDisposable
{
    private readonly Store _store;
    private readonly TimeProvider _clock;
    private readonly JournalLog _log;
    private readonly int _batchLimit;
    private readonly Channel<Unit> _issuing;
    private readonly Channel<Unit> _control;
    private readonly Queue<Unit> _heldIssuing = new();
    private readonly Queue<Unit> _heldControl = new();
    // Never disposed: whoever queued a unit just before the end still releases it.
    private readonly SemaphoreSlim _wake = new(0, int.MaxValue);
    private readonly CancellationTokenSource _stop = new();
    private DbConnection? _connection;
    private volatile bool _isShared;
    private Task _loop = Task.CompletedTask;
    private long _batch;
    private bool _batchInDoubt;

    public Journal(Store store, StorageOptions options, TimeProvider clock, ILogger<Journal> logger)
    {
        _store = store;
        _clock = clock;
        _log = new JournalLog(logger);
        _batchLimit = options.BatchLimit;
        _issuing = Bounded(options.QueueLimit);
        _control = Bounded(options.QueueLimit);
        Writer = Protocol.Ids.New(clock);
    }

    /// <summary>This process start: owner of claims, operations and one audit chain.</summary>
    public string Writer { get; }

    /// <summary>True once the writer runs.</summary>
    public bool Started { get; private set; }

    /// <summary>True once the writer takes nothing more.</summary>
    public bool Stopping => _stop.IsCancellationRequested;

    /// <summary>True while issuing has work in its batches: whoever brings much at once then brings it in smaller pieces.</summary>
    public bool IsShared => _isShared;

    /// <summary>Starts the writer. The store must be migrated.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        await using (var connection = _store.OpenWriter())
        {
            await Statements.RunAsync(connection,
            [
                new Statement("INSERT INTO journal_writers (writer, batch, seen_at) VALUES (@writer, 0, @now)")
                {
                    Values = [("writer", Writer), ("now", _clock.NowMs())],
                },
            ], cancel);
        }

        Started = true;
        _loop = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Queues works that commit together, and waits until they did or a guard refused them.</summary>
    /// <returns>Null when committed, else the refusal; nothing was written then.</returns>
    /// <exception cref="JournalFullException">Too much is waiting; nothing was written.</exception>
    /// <exception cref="StoreUnavailableException">The store could not record it, or will not say whether it did.</exception>
    public Task<Refusal?> CommitAsync(Lane lane, params IReadOnlyList<Work> works)
    {
        var unit = new Unit(works);
        var queue = lane == Lane.Control ? _control : _issuing;
        if (_stop.IsCancellationRequested || !queue.Writer.TryWrite(unit)) throw new JournalFullException();
        _wake.Release();
        return unit.Outcome;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested)
        {
            _issuing.Writer.TryComplete();
            _control.Writer.TryComplete();
            await _stop.CancelAsync();
            _wake.Release();
            await _loop;
            if (_connection is not null) await _connection.DisposeAsync();
            _stop.Dispose();
        }
    }

    private void Run()
    {
        while (true)
        {
            var units = Gather();
            if (units.Count > 0)
            {
                CommitBatch(units);
                continue;
            }

            // What was accepted before the stop is still committed.
            if (_stop.IsCancellationRequested) return;
            _wake.Wait(CancellationToken.None);
            while (_wake.Wait(0, CancellationToken.None)) { }
        }
    }

    /// <summary>Control work first and up to the whole batch; issuing fills what is left, at most three quarters.</summary>
    private List<Unit> Gather()
    {
        var units = new List<Unit>();
        var alone = new HashSet<string>(StringComparer.Ordinal);
        Fill(_heldControl, _control.Reader, _batchLimit);
        var control = units.Count;
        Fill(_heldIssuing, _issuing.Reader, Math.Min(_batchLimit, units.Count + (_batchLimit * 3 / 4)));
        _isShared = units.Count > control;
        return units;

        void Fill(Queue<Unit> held, ChannelReader<Unit> queue, int limit)
        {
            for (var again = held.Count; again > 0; again--) Take(held.Dequeue(), held, limit);
            while (units.Count < limit && held.Count < _batchLimit && queue.TryRead(out var unit)) Take(unit, held, limit);
        }

        void Take(Unit unit, Queue<Unit> held, int limit)
        {
            var keys = unit.Works.Select(w => w.Alone).OfType<string>().ToArray();
            var fits = units.Count < limit && !keys.Any(alone.Contains);
            // What has to wait keeps its place before those that came later for the same key.
            alone.UnionWith(keys);
            if (fits) units.Add(unit);
            else held.Enqueue(unit);
        }
    }

    private void CommitBatch(IReadOnlyList<Unit> units)
    {
        for (var attempt = 1; ; attempt++)
        {
            var run = new BatchRun(units, _store.Dialect, Writer);
            try
            {
                _connection ??= _store.OpenWriter();
                if (_batchInDoubt) Advance(_connection, asked: null);
                run.ReadAndDecide(_connection);
                run.WriteAndCommit(_connection, _batch + 1);
                if (run.CommitSent) _batch++;
                run.Committed();
                return;
            }
            catch (Exception error)
            {
                var doubtful = run.CommitSent && !_store.Dialect.Answered(error);
                switch (doubtful ? Resolve() : false)
                {
                    case true:
                        _batch++;
                        run.Committed();
                        return;
                    case null:
                        run.Lost();
                        _log.CommitLost(units.Count, error);
                        Fail(units, new StoreUnavailableException("whether the commit stands is not known", error));
                        return;
                }

                run.Abandoned();
                var fault = _connection?.State == ConnectionState.Open ? _store.Dialect.Classify(error) : Fault.Unavailable;
                RollBack();
                if (fault == Fault.Retry && attempt < 8) continue;
                if (fault == Fault.Data)
                {
                    Bisect(units, error);
                    return;
                }

                // A connection that died while idle is found out only now, and nothing was written: once more on a new one.
                if (fault == Fault.Unavailable && attempt == 1) continue;
                _log.StoreUnavailable(units.Count, error);
                Fail(units, new StoreUnavailableException("the store could not record this", error));
                return;
            }
        }
    }

    /// <summary>Halves the batch until the unit whose data the store refuses fails alone.</summary>
    private void Bisect(IReadOnlyList<Unit> units, Exception error)
    {
        if (units.Count == 1)
        {
            _log.UnitRejected(error);
            units[0].Fail(new UnitRejectedException(error));
            return;
        }

        var half = units.Count / 2;
        CommitBatch([.. units.Take(half)]);
        CommitBatch([.. units.Skip(half)]);
    }

    /// <summary>
    /// Reads back whether the batch in doubt stands. The row lock waits until the lost transaction is over; one that did
    /// not write yet is shut out by giving its number away.
    /// </summary>
    /// <returns>True, false, or null when the store did not say within the time allowed.</returns>
    private bool? Resolve()
    {
        DropConnection();
        for (var attempt = 0; attempt < 20; attempt++)
        {
            try
            {
                _connection = _store.OpenWriter();
                return Advance(_connection, asked: _batch + 1);
            }
            catch (Exception error)
            {
                _log.ResolveFailed(error);
                DropConnection();
                Pause();
            }
        }

        _batchInDoubt = true;
        return null;
    }

    /// <summary>Goes on to a number that no batch sent so far has, unless the one asked about stands.</summary>
    /// <returns>Whether it stands; null when the store does not know this writer.</returns>
    private bool? Advance(DbConnection connection, long? asked)
    {
        long? found = null;
        Statements.Run(connection,
        [
            new Statement("UPDATE journal_writers SET batch = CASE WHEN batch = @asked THEN batch ELSE @next END WHERE writer = @writer RETURNING batch")
            {
                Values = [("asked", asked ?? -1), ("next", _batch + 2), ("writer", Writer)],
                Row = row => found = row.GetInt64(0),
            },
        ]);
        _batchInDoubt = false;
        if (found is null) return null;
        if (found == asked) return true;
        _batch += 2;
        return false;
    }

    private void RollBack()
    {
        if (_connection is null) return;
        try
        {
            Statements.Run(_connection, [new Statement("ROLLBACK")]);
        }
        catch (Exception error) when (error is DbException or InvalidOperationException or IOException)
        {
            _log.RollbackFailed(error);
            DropConnection();
        }
    }

    private void DropConnection()
    {
        _connection?.Dispose();
        _connection = null;
    }

#pragma warning disable RS0030 // The journal's own thread: nobody else could use it meanwhile.
    private static void Pause() => Thread.Sleep(TimeSpan.FromMilliseconds(500));
#pragma warning restore RS0030

    private static void Fail(IReadOnlyList<Unit> units, Exception error)
    {
        foreach (var unit in units) unit.Fail(error);
    }

    private static Channel<Unit> Bounded(int limit) => Channel.CreateBounded<Unit>(new BoundedChannelOptions(limit)
    {
        SingleReader = true,
        FullMode = BoundedChannelFullMode.Wait,
    });
}
