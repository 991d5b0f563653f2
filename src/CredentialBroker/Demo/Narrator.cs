using System.Diagnostics;

namespace CredentialBroker.Demo;

/// <summary>Tells each step with the command that a person would type, and what came of it.</summary>
internal sealed class Narrator(TextWriter to) : IDisposable
{
    private readonly long _began = Stopwatch.GetTimestamp();
    private int _step;

    public void Step(string title, string? command = null)
    {
        to.WriteLine($"\n{++_step}. {title}");
        if (command is not null) to.WriteLine($"   $ {command}");
    }

    public void Says(string result) => to.WriteLine($"   {result}");

    public static void Demand(bool holds, string otherwise)
    {
        if (!holds) throw new DemoFailedException(otherwise);
    }

    public void End() => to.WriteLine($"\nEvery step held, in {Stopwatch.GetElapsedTime(_began).TotalSeconds:F1} seconds. Nothing of it is left behind.");

    public void Dispose() => to.Flush();
}
