using System.Threading.Channels;

namespace CredentialBroker.Storage.Journaling;

/// <summary>
/// All writing of this replica. Drains what waits into one transaction of set-based statements, so that the cost of a
/// durable commit is shared by all who wait for it. Nothing is told to a waiting caller before the commit is known.
/// Each writer has a thread of its own and blocks there: an answer that many wait for does not queue behind requests.
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
    private readonly JournalWriter[] _writers;
    private readonly Lock _turn = new();
    private Task _loops = Task.CompletedTask;

    public Journal(Store store, StorageOptions options, TimeProvider clock, ILogger<Journal> logger)
    {
        _store = store;
        _clock = clock;
        _log = new JournalLog(logger);
        _batchLimit = options.BatchLimit;
        _issuing = Bounded(options.QueueLimit);
        _control = Bounded(options.QueueLimit);
        Writer = Protocol.Ids.New(clock);
        _writers = [.. Enumerable.Range(0, store.Dialect.Writers).Select(n => new JournalWriter(store, n == 0 ? Writer : $"{Writer}/{n}", _log))];
    }

    /// <summary>This process start: owner of claims and operations.</summary>
    public string Writer { get; }

    /// <summary>Rows that say how far each writer has come, and when it was last seen; the first is the process start's own.</summary>
    public IEnumerable<string> Rows => _writers.Select(w => w.Name);

    /// <summary>True once the writers run.</summary>
    public bool Started { get; private set; }

    /// <summary>True once nothing more is taken.</summary>
    public bool Stopping => _stop.IsCancellationRequested;

    /// <summary>Starts the writers. The store must be migrated.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        await using (var connection = _store.OpenWriter())
        {
            await Statements.RunAsync(connection,
            [
                .. Rows.Select(row => new Statement("INSERT INTO journal_writers (writer, batch, seen_at) VALUES (@writer, 0, @now)")
                {
                    Values = [("writer", row), ("now", _clock.NowMs())],
                }),
            ], cancel);
        }

        Started = true;
        _loops = Task.WhenAll(_writers.Select(w => Task.Factory.StartNew(() => Run(w), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
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
            _wake.Release(_writers.Length);
            await _loops;
            foreach (var writer in _writers) writer.Dispose();
            _stop.Dispose();
        }
    }

    private void Run(JournalWriter writer)
    {
        while (true)
        {
            // One gathers, reads and decides at a time; while it writes and commits, the next one begins.
            _turn.Enter();
            var units = Gather();
            if (units.Count > 0)
            {
                writer.Commit(units, _turn);
                continue;
            }

            _turn.Exit();
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
        Fill(_heldIssuing, _issuing.Reader, Math.Min(_batchLimit, units.Count + (_batchLimit * 3 / 4)));
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

    private static Channel<Unit> Bounded(int limit) => Channel.CreateBounded<Unit>(new BoundedChannelOptions(limit)
    {
        SingleReader = true,
        FullMode = BoundedChannelFullMode.Wait,
    });
}
