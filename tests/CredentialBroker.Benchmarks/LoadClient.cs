using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace CredentialBroker.Benchmarks;

/// <summary>
/// Gives request number <paramref name="sequence"/> of a connection as the bytes that go on the wire, or nothing to stop
/// this connection. Called for every request, so it should only pick among bytes made beforehand.
/// </summary>
internal delegate ReadOnlyMemory<byte> NextRequest(int connection, long sequence);

/// <param name="Completed">Answers with a 2xx status after the warm-up.</param>
/// <param name="Failed">Other answers and broken connections after the warm-up.</param>
/// <param name="Statuses">Answers by status; 0 stands for a broken connection.</param>
internal sealed record LoadResult(
    long Completed, long Failed, TimeSpan Elapsed, double P50Ms, double P99Ms, IReadOnlyDictionary<int, long> Statuses)
{
    public double PerSecond => Completed / Elapsed.TotalSeconds;
}

/// <summary>
/// HTTP/1.1 load over plain loopback sockets, one request at a time on each connection. It shares the machine with what it
/// measures, so it writes prepared bytes, reads of an answer only its status and its length, and blocks one thread for each
/// connection, which costs less than waking a pool.
/// </summary>
internal static class LoadClient
{
    private static readonly TimeSpan Overdue = TimeSpan.FromSeconds(15);

    public static async Task<LoadResult> RunAsync(
        int port, int connections, TimeSpan duration, NextRequest next, TimeSpan warmUp = default, CancellationToken cancel = default)
    {
        var run = new Run(new IPEndPoint(IPAddress.Loopback, port), next, Stopwatch.GetTimestamp(), warmUp, warmUp + duration);
        var tallies = await Task.WhenAll(Enumerable.Range(0, connections)
            .Select(i => Task.Factory.StartNew(() => run.Connection(i), cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        cancel.ThrowIfCancellationRequested();
        // A run that was stopped by its requests ends before its time.
        var elapsed = Stopwatch.GetElapsedTime(run.Began) - warmUp;
        return Sum(tallies, elapsed);
    }

    /// <summary>The bytes of one request; <paramref name="headers"/> are whole lines without their ends.</summary>
    public static byte[] Request(string method, string path, ReadOnlySpan<byte> body, params IEnumerable<string> headers)
    {
        var head = string.Join("\r\n", headers.Prepend($"{method} {path} HTTP/1.1").Concat(["Host: localhost", $"Content-Length: {body.Length}", "", ""]));
        return [.. System.Text.Encoding.ASCII.GetBytes(head), .. body];
    }

    private static LoadResult Sum(IReadOnlyCollection<Tally> tallies, TimeSpan elapsed)
    {
        var latencies = tallies.SelectMany(tally => tally.Latencies).ToArray();
        Array.Sort(latencies);
        var statuses = tallies.SelectMany(tally => tally.Statuses).GroupBy(pair => pair.Key).ToDictionary(g => g.Key, g => g.Sum(pair => pair.Value));
        var completed = statuses.Where(pair => pair.Key is >= 200 and < 300).Sum(pair => pair.Value);
        double At(double fraction) => latencies.Length == 0
            ? double.NaN
            : latencies[(int)(fraction * (latencies.Length - 1))] * 1000.0 / Stopwatch.Frequency;
        return new LoadResult(completed, statuses.Values.Sum() - completed, elapsed, At(0.5), At(0.99), statuses);
    }

    private sealed class Tally
    {
        public List<long> Latencies { get; } = new(64 * 1024);

        public Dictionary<int, long> Statuses { get; } = [];

        public void Count(int status, long ticks)
        {
            Statuses[status] = Statuses.GetValueOrDefault(status) + 1;
            if (status is >= 200 and < 300)
            {
                Latencies.Add(ticks);
            }
        }
    }

    private sealed record Run(IPEndPoint Server, NextRequest Next, long Began, TimeSpan WarmUp, TimeSpan End)
    {
        public Tally Connection(int number)
        {
            var tally = new Tally();
            var sequence = 0L;
            while (Stopwatch.GetElapsedTime(Began) < End)
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) 
                {
                    NoDelay = true,
                    // An answer that never comes must not keep the run from ending.
                    ReceiveTimeout = (int)(End + Overdue).TotalMilliseconds,
                };
                try
                {
                    socket.Connect(Server);
                    var answers = new LoadAnswerReader(socket);
                    while (Stopwatch.GetElapsedTime(Began) < End)
                    {
                        var request = Next(number, sequence++);
                        if (request.IsEmpty)
                        {
                            return tally;
                        }

                        var sent = Stopwatch.GetTimestamp();
                        socket.Send(request.Span);
                        var status = answers.Read();
                        Count(tally, status, Stopwatch.GetTimestamp() - sent);
                        if (answers.Closes)
                        {
                            break;
                        }
                    }
                }
                catch (Exception e) when (e is SocketException or InvalidDataException)
                {
                    Count(tally, 0, 0);
                    return tally;
                }
            }

            return tally;
        }

        private void Count(Tally tally, int status, long ticks)
        {
            if (Stopwatch.GetElapsedTime(Began) >= WarmUp)
            {
                tally.Count(status, ticks);
            }
        }
    }
}
