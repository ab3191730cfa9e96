// The example app: the six workflows of the specification, a saga, and their activities.

import { defineApp } from '../src/index.ts'
import { errorHandler, step1, step2, step3, taskChaining } from './01-task-chaining.ts'
import { hello, helloCities } from './02-hello-cities.ts'
import { batchProcessing, getWorkBatch, processResults, processWorkItem } from './03-batch-processing.ts'
import { orderProcessing, processOrder, requestApproval } from './04-order-processing.ts'
import { checkStatus, sendAlert, statusMonitor } from './05-status-monitor.ts'
import { placeOrder, purchaseOrder, sendApprovalRequest } from './06-purchase-order.ts'
import { cancelReservation, chargeCard, reserve, tripBooking } from './07-trip-booking.ts'

export const app = defineApp({
  workflows: {
    taskChaining,
    helloCities,
    batchProcessing,
    OrderProcessingWorkflow: orderProcessing,
    statusMonitor,
    purchaseOrder,
    tripBooking,
  },
  activities: {
    step1,
    step2,
    step3,
    errorHandler,
    hello,
    getWorkBatch,
    processWorkItem,
    processResults,
    requestApproval,
    processOrder,
    checkStatus,
    sendAlert,
    sendApprovalRequest,
    placeOrder,
    reserve,
    cancelReservation,
    chargeCard,
  },
})
