using System.Text;

namespace CredentialBroker.Node.Engine;

/// <summary>An open stream of the engine's events.</summary>
internal sealed class EngineEvents(HttpResponseMessage answer) : IDisposable
{
    private StreamReader? _lines;

    /// <summary>The next one about a container; null when the engine ended the stream.</summary>
    /// <exception cref="EngineException">The stream broke off.</exception>
    public async Task<EngineEvent?> NextAsync(CancellationToken cancel)
    {
        try
        {
            _lines ??= new StreamReader(await answer.Content.ReadAsStreamAsync(cancel), Encoding.UTF8);
            while (await _lines.ReadLineAsync(cancel) is { } line)
            {
                if (EngineEvent.Of(Encoding.UTF8.GetBytes(line)) is { } one) return one;
            }

            return null;
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException)
        {
            throw new EngineException($"the engine's events broke off: {fault.Message}", fault);
        }
    }

    public void Dispose()
    {
        _lines?.Dispose();
        answer.Dispose();
    }
}
