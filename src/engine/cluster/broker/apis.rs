//! What each request costs and does, and the small requests: metadata, offsets, deletion of records (`KafkaApis`).

use super::Broker;
use super::produce::Origin;
use super::purgatory::DelayedDeleteRecords;
use super::request_channel::Incoming;
use crate::engine::cluster::output::BrokerOutput;
use crate::engine::cluster::protocol::Fetcher;
use crate::engine::cluster::protocol::{
    DeleteRecordsRequest, EpochOfPartition, ListOffsetsRequest, ListOffsetsResponse, OffsetQuery,
    OffsetsForLeaderEpochRequest, OffsetsForLeaderEpochResponse, Request, Response,
};
use crate::engine::common::{KafkaError, Offset, TopicPartition, VirtualTime};
use crate::engine::storage::EpochEndOffset;

const MIB: u64 = 1024 * 1024;

impl Broker {
    /// How long a handler is at work on a request: the cost model, not Kafka's.
    pub(super) fn cost_of(&self, request: &Request) -> VirtualTime {
        let base = u64::try_from(self.config.request_cost_us).unwrap_or(0);
        match request {
            Request::Produce(produce) => VirtualTime(base) + self.append_cost(produce.batch_bytes()),
            Request::Fetch(_)
            | Request::Metadata
            | Request::ListOffsets(_)
            | Request::OffsetsForLeaderEpoch(_)
            | Request::DeleteRecords(_)
            | Request::InitProducerId => VirtualTime(base),
        }
    }

    /// How long writing this many bytes to logs takes: the cost model, not Kafka's.
    pub(super) fn append_cost(&self, bytes: usize) -> VirtualTime {
        let per_mib = u64::try_from(self.config.append_cost_us_per_mib).unwrap_or(0);
        let on_a_sound_disk = (bytes as u64).saturating_mul(per_mib).div_ceil(MIB);
        VirtualTime(on_a_sound_disk.saturating_mul(u64::from(self.disk_factor())))
    }

    /// Does what a request asks, and answers it now, later, or never.
    pub(super) fn perform(&mut self, now: VirtualTime, incoming: Incoming, out: &mut BrokerOutput) {
        let Incoming { connection, correlation, request } = incoming;
        let origin = Origin { connection, correlation };
        match request {
            Request::Produce(request) => self.produce(now, origin, request, out),
            Request::Fetch(request) => self.fetch(now, origin, request, out),
            Request::Metadata => {
                let response = Response::Metadata(self.process.metadata.image().to_response());
                self.respond(connection, correlation, response, out);
            }
            Request::ListOffsets(request) => {
                let response = Response::ListOffsets(self.list_offsets(&request));
                self.respond(connection, correlation, response, out);
            }
            Request::OffsetsForLeaderEpoch(request) => {
                let response = Response::OffsetsForLeaderEpoch(self.offsets_for_leader_epochs(&request));
                self.respond(connection, correlation, response, out);
            }
            Request::DeleteRecords(request) => self.delete_records(now, origin, &request, out),
            Request::InitProducerId => self.init_producer_id(now, origin, out),
        }
    }

    fn list_offsets(&self, request: &ListOffsetsRequest) -> ListOffsetsResponse {
        let answer = |(partition, query): &(TopicPartition, OffsetQuery)| {
            (*partition, self.offset_for(request.fetcher, *partition, *query))
        };
        ListOffsetsResponse { partitions: request.partitions.iter().map(answer).collect() }
    }

    fn offset_for(
        &self,
        fetcher: Fetcher,
        partition: TopicPartition,
        query: OffsetQuery,
    ) -> Result<Option<Offset>, KafkaError> {
        let replica = self.partition(partition).ok_or_else(|| self.missing_partition_error(partition))?;
        replica.ensure_leads(fetcher, None)?;
        replica.offset_for(fetcher, query)
    }

    fn offsets_for_leader_epochs(&self, request: &OffsetsForLeaderEpochRequest) -> OffsetsForLeaderEpochResponse {
        let answer = |of: &EpochOfPartition| (of.partition, self.end_of_epoch(of));
        OffsetsForLeaderEpochResponse { partitions: request.partitions.iter().map(answer).collect() }
    }

    fn end_of_epoch(&self, of: &EpochOfPartition) -> Result<Option<EpochEndOffset>, KafkaError> {
        let replica = self.partition(of.partition).ok_or_else(|| self.missing_partition_error(of.partition))?;
        replica.ensure_leads(Fetcher::Consumer, of.current_leader_epoch)?;
        Ok(replica.log().end_offset_for_epoch(of.leader_epoch))
    }

    fn delete_records(
        &mut self,
        now: VirtualTime,
        origin: Origin,
        request: &DeleteRecordsRequest,
        out: &mut BrokerOutput,
    ) {
        let mut partitions = Vec::with_capacity(request.partitions.len());
        for (partition, before) in &request.partitions {
            let result = match self.partition_mut(*partition) {
                Some(replica) => replica.delete_records(*before, &mut out.events),
                None => Err(self.missing_partition_error(*partition)),
            };
            partitions.push((*partition, result));
        }
        let delayed = DelayedDeleteRecords::new(partitions);
        self.delay_delete_records(now, origin, request.timeout, delayed, out);
    }
}
