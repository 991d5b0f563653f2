using System.Collections.Concurrent;

namespace CredentialBroker.Proofs;

/// <summary>Proofs under way on this replica, a bounded number, stopped with it. What is not proved then is with the next round.</summary>
internal sealed class ProofRuns(ProofOptions options, ProofLog log) : IHostedService, IDisposable
{
    private readonly ConcurrentDictionary<string, Task> _under = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();

    public bool HasRoom => _under.Count < options.MostAtOnce;

    public bool Runs(string name) => _under.ContainsKey(name);

    /// <summary>Starts it and comes back.</summary>
    public void Start(string name, Func<CancellationToken, Task> run)
    {
        var begun = new TaskCompletionSource();
        if (!_under.TryAdd(name, begun.Task)) return;
        _ = Task.Run(async () =>
        {
            try
            {
                await run(_stop.Token);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                log.Failed(error);
            }
            finally
            {
                _under.TryRemove(name, out _);
                begun.SetResult();
            }
        });
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_under.Values);
    }

    public void Dispose() => _stop.Dispose();
}
