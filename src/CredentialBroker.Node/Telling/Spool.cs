using System.Text;
using CredentialBroker.Protocol;

namespace CredentialBroker.Node.Telling;

/// <summary>
/// What the broker has to be told, a file each until it was: it is told at least once, over crashes of either side. Ends of
/// containers go before everything else, and are kept however much waits.
/// </summary>
internal sealed class Spool
{
    private const string End = "a-", Report = "b-";

    private readonly string _folder;
    private readonly int _most;
    private readonly TimeProvider _clock;
    private int _waiting;

    public Spool(string folder, int most, TimeProvider clock)
    {
        (_folder, _most, _clock) = (Path.Combine(folder, "spool"), most, clock);
        PrivateFiles.MakeFolder(folder);
        PrivateFiles.MakeFolder(_folder);
        foreach (var torn in Directory.EnumerateFiles(_folder, "*.new")) File.Delete(torn);
        _waiting = Directory.EnumerateFiles(_folder).Count();
    }

    public bool IsFull => Volatile.Read(ref _waiting) >= _most;

    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>The end of a task; durable when it returns.</summary>
    public void AddEnd(string task) => Add(End, task);

    /// <summary>A report; durable when it returns.</summary>
    public void AddReport(string json) => Add(Report, json);

    /// <summary>What waits, in the order in which it is to be told.</summary>
    public IEnumerable<Waiting> All() => Directory.EnumerateFiles(_folder).Where(file => !file.EndsWith(".new", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
        .Select(file => new Waiting(Path.GetFileName(file)[2..], Path.GetFileName(file).StartsWith(End, StringComparison.Ordinal), file));

    public void Done(Waiting told)
    {
        File.Delete(told.File);
        Interlocked.Decrement(ref _waiting);
    }

    private void Add(string kind, string text)
    {
        PrivateFiles.Write(Path.Combine(_folder, kind + Ids.New(_clock)), text);
        Interlocked.Increment(ref _waiting);
    }
}

/// <param name="Id">Its name, the same however often it is told.</param>
/// <param name="IsEnd">Whether it is the end of a task; else a report.</param>
internal sealed record Waiting(string Id, bool IsEnd, string File)
{
    public string Text() => System.IO.File.ReadAllText(File, Encoding.UTF8);
}
