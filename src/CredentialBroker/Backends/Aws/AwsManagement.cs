using Amazon.Runtime;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Aws;

/// <summary>Who the broker is when it calls IAM: its own login, or the management role it takes on, until two thirds of that session are over.</summary>
internal sealed class AwsManagement(string brokerId, AwsTarget target, AWSCredentials keys, AwsSts sts, TimeProvider clock) : IDisposable
{
    private const int LifeSeconds = 3600;

    private readonly SemaphoreSlim _one = new(1);
    private AwsSession? _held;

    public async ValueTask<AwsSession> HoldAsync(CancellationToken cancel)
    {
        if (target.Login.ManagementRole is not { } role) return await AwsKeys.ReadAsync(keys, cancel);
        if (Volatile.Read(ref _held) is { } held && !IsDue(held)) return held;
        await _one.WaitAsync(cancel);
        try
        {
            if (_held is { } now && !IsDue(now)) return now;
            var made = await sts.AssumeAsync(new AwsAsk(role, $"{SessionNames.PrefixOf(brokerId)}management", Identity: null, [], Policy: null, [], LifeSeconds), cancel);
            return _held = made.Session;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>AWS does not know it any more.</summary>
    public void Forget(AwsSession session) => Interlocked.CompareExchange(ref _held, null, session);

    public void Dispose() => _one.Dispose();

    private bool IsDue(AwsSession held) => clock.NowMs() > held.ExpiresAt - (LifeSeconds * 1000 / 3);
}
