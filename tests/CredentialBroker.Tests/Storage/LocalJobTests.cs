using Quartz;

namespace CredentialBroker.Storage;

public sealed class LocalJobTests
{
    [Fact]
    public async Task A_fault_is_told_and_is_no_reason_to_stop()
    {
        var told = new List<Exception>();
        var fault = new InvalidOperationException("no");
        IJob job = new Failing(fault, told.Add);
        await job.Execute(null!, CancellationToken.None);
        await job.Execute(null!, CancellationToken.None);
        Assert.Equal([fault, fault], told);
        IJob stopped = new Failing(new OperationCanceledException(), told.Add);
        await Assert.ThrowsAsync<OperationCanceledException>(() => stopped.Execute(null!, CancellationToken.None).AsTask());
    }

    [Fact]
    public void No_job_runs_beside_itself()
    {
        var jobs = typeof(LocalJob).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(LocalJob))).ToList();
        Assert.True(jobs.Count > 10);
        Assert.All(jobs, type => Assert.True(JobBuilder.Create().OfType(type).Build().ConcurrentExecutionDisallowed, type.Name));
        Assert.Equal(jobs.Count, typeof(LocalJob).Assembly.GetTypes().Count(type => type is { IsAbstract: false } && type.IsAssignableTo(typeof(IJob))));
    }

    private sealed class Failing(Exception fault, Action<Exception> told) : LocalJob(told)
    {
        public override Task RunAsync(CancellationToken cancel) => throw fault;
    }
}
