using System.Data;
using System.Data.Common;

namespace CredentialBroker.Storage.Journaling;

/// <summary>
/// One connection that commits batches, one after the other, on a thread that blocks here. What it sent last can be told
/// from its row in the store, so that an answer that is lost is found again.
/// </summary>
/// <param name="name">Of its row.</param>
internal sealed class JournalWriter(Store store, string name, JournalLog log) : IDisposable
{
    private DbConnection? _connection;
    private long _batch;
    private bool _batchInDoubt;

    public string Name => name;

    public void Dispose() => DropConnection();

    /// <summary>Commits the units, or tells each why not.</summary>
    /// <param name="turn">Held by this thread; given up as soon as the units are decided.</param>
    public void Commit(IReadOnlyList<Unit> units, Lock turn)
    {
        for (var attempt = 1; ; attempt++)
        {
            var run = new BatchRun(units, store.Dialect, name);
            try
            {
                try
                {
                    _connection ??= store.OpenWriter();
                    if (_batchInDoubt) Advance(_connection, asked: null);
                    run.ReadAndDecide(_connection);
                }
                finally
                {
                    // Whoever tries again does so beside the others, as another replica would.
                    if (turn.IsHeldByCurrentThread) turn.Exit();
                }

                run.WriteAndCommit(_connection, _batch + 1);
                if (run.CommitSent) _batch++;
                run.Committed();
                return;
            }
            catch (Exception error)
            {
                var doubtful = run.CommitSent && !store.Dialect.Answered(error);
                switch (doubtful ? Resolve() : false)
                {
                    case true:
                        _batch++;
                        run.Committed();
                        return;
                    case null:
                        run.Lost();
                        log.CommitLost(units.Count, error);
                        Fail(units, new StoreUnavailableException("whether the commit stands is not known", error));
                        return;
                }

                run.Abandoned();
                var fault = _connection?.State == ConnectionState.Open ? store.Dialect.Classify(error) : Fault.Unavailable;
                RollBack();
                if (fault == Fault.Retry && attempt < 8) continue;
                if (fault == Fault.Data)
                {
                    Bisect(units, error, turn);
                    return;
                }

                // A connection that died while idle is found out only now, and nothing was written: once more on a new one.
                if (fault == Fault.Unavailable && attempt == 1) continue;
                log.StoreUnavailable(units.Count, error);
                Fail(units, new StoreUnavailableException("the store could not record this", error));
                return;
            }
        }
    }

    /// <summary>Halves the batch until the unit whose data the store refuses fails alone.</summary>
    private void Bisect(IReadOnlyList<Unit> units, Exception error, Lock turn)
    {
        if (units.Count == 1)
        {
            log.UnitRejected(error);
            units[0].Fail(new UnitRejectedException(error));
            return;
        }

        var half = units.Count / 2;
        Commit([.. units.Take(half)], turn);
        Commit([.. units.Skip(half)], turn);
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
                _connection = store.OpenWriter();
                return Advance(_connection, asked: _batch + 1);
            }
            catch (Exception error)
            {
                log.ResolveFailed(error);
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
                Values = [("asked", asked ?? -1), ("next", _batch + 2), ("writer", name)],
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
            log.RollbackFailed(error);
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
}
