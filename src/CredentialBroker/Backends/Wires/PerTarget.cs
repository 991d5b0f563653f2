using System.Collections.Concurrent;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Wires;

/// <summary>What is held for each configured target, such as its wire; made when first asked for.</summary>
internal sealed class PerTarget<TOptions, THeld>(string backend, IReadOnlyDictionary<string, TOptions> targets, Func<string, TOptions, THeld> make) : IDisposable
    where THeld : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<THeld>> _made = new();

    public IReadOnlyDictionary<string, TOptions> Targets => targets;

    public THeld To(string target) => targets.TryGetValue(target, out var options)
        ? _made.GetOrAdd(target, _ => new Lazy<THeld>(() => make(target, options))).Value
        : throw new BackendException(backend, ReasonCodes.EndFailed, $"the target {target} is no longer configured", transient: false);

    public void Dispose()
    {
        foreach (var made in _made.Values.Where(made => made.IsValueCreated)) made.Value.Dispose();
    }
}
